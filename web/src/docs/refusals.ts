/**
 * What happens when the server will not take what was written: it becomes a rescue copy, and a
 * fresh document begins where there is one to begin.
 */
import type { Boot, BootDocument } from "../boot";
import type { Clock } from "../net/clock";
import {
  type CopyReason,
  lostCopy,
  type RescueCopy,
  type RescueReason,
  rescueCopy,
} from "../net/rescue";
import type { Rescues } from "../net/rescues";
import type { Server } from "../net/server";
import type { OfflineStore, Shelf } from "../net/store";
import { Unsent } from "../net/unsent";
import type { OpenDocument } from "./shared";

/** Editors may still write what was being composed when they became read-only. */
const LAST_WORDS = 50;
/** How long to wait before asking again where a document went. */
const ASK_AGAIN = 2_000;

export interface RefusalParts {
  boot: Boot;
  clock: Clock;
  server: Server;
  store: OfflineStore;
  rescues: Rescues;
  /** Begins the line anew. */
  reconnect(): void;
  /** A document began anew under another address. */
  moved(): void;
}

export class Refusals {
  readonly #parts: RefusalParts;
  #ended = false;

  constructor(parts: RefusalParts) {
    this.#parts = parts;
  }

  end(): void {
    this.#ended = true;
  }

  /** Keeps what is unsent in `open` as a copy, then lets a fresh document take its place. */
  async putAside(open: OpenDocument, reason: RescueReason): Promise<void> {
    if (open.refused !== undefined) return;
    const { replica } = open;
    replica.detach();
    open.freeze(reason);
    await this.#pause(LAST_WORDS);
    const { unsent, shelf } = replica;
    const copy = this.copyOf(unsent, shelf, reason);
    replica.leave();
    const isRestored = reason === "stale-epoch";
    await (isRestored ? this.#keepUnsent(copy) : this.#keep(copy, shelf));
    open.putAside();
    const address = await this.#nextAddress(open, reason);
    const former = isRestored ? open.address.name : undefined;
    if (former !== undefined && (address === undefined || address.name === former)) {
      await this.#parts.store.forget(shelf);
    }
    if (address === undefined) return;
    this.#beginAgain(open, address);
    if (former !== undefined && former !== address.name) await this.#keepLost(unsent, shelf, open);
  }

  /** What an earlier visit left in a document that is not there any more. */
  async rescueWithdrawn(shelf: Shelf): Promise<void> {
    const unsent = await this.#leftIn(shelf);
    await this.#keep(this.copyOf(unsent, shelf, "withdrawn"), shelf);
  }

  /** What an earlier visit left in a document that began anew meanwhile. Resolves when what was
   * unsent is kept; what was confirmed and lost follows as soon as `fresh` is there to compare. */
  async rescueRestored(shelf: Shelf, fresh: OpenDocument): Promise<void> {
    const unsent = await this.#leftIn(shelf);
    await this.#keepUnsent(this.copyOf(unsent, shelf, "stale-epoch"));
    void this.#keepLost(unsent, shelf, fresh);
  }

  async #leftIn(shelf: Shelf): Promise<Unsent> {
    const unsent = new Unsent();
    unsent.inherit(await this.#parts.store.load(shelf));
    return unsent;
  }

  copyOf(unsent: Unsent, shelf: Shelf, reason: CopyReason): RescueCopy | undefined {
    const { boot, clock } = this.#parts;
    return rescueCopy(unsent, { boot, shelf, reason, now: clock.date() });
  }

  async #keep(copy: RescueCopy | undefined, shelf: Shelf): Promise<void> {
    if (copy === undefined) await this.#parts.store.forget(shelf);
    else await this.#parts.rescues.keep(copy, shelf);
  }

  /** The document itself stays on the device: it has more than what was unsent. A visit that ended
   * before that was compared has made this copy already. */
  async #keepUnsent(copy: RescueCopy | undefined): Promise<void> {
    const { rescues } = this.#parts;
    if (copy === undefined || rescues.copies.some((one) => isSameText(one, copy))) return;
    await rescues.keep(copy);
  }

  /** A restored backup lacks what was confirmed after it was made: what the fresh document does
   * not have becomes a copy too, and only then the former one is let go of. */
  async #keepLost(unsent: Unsent, shelf: Shelf, fresh: OpenDocument): Promise<void> {
    const { replica } = fresh;
    await replica.whenSynced;
    const { boot, clock } = this.#parts;
    const frame = { boot, shelf, reason: "stale-epoch", now: clock.date() } as const;
    await this.#keep(lostCopy(unsent, replica.doc, frame), shelf);
  }

  #beginAgain(open: OpenDocument, address: BootDocument): void {
    // What the old document is still told must not be taken for answers to the new one.
    const isMoved = address.name !== open.address.name;
    if (!isMoved) this.#parts.reconnect();
    open.replace(address);
    if (isMoved) this.#parts.moved();
  }

  async #nextAddress(open: OpenDocument, reason: RescueReason): Promise<BootDocument | undefined> {
    switch (reason) {
      case "read-only":
        return { ...open.address, mayWrite: false };
      case "malformed":
      case "too-large":
      case "full":
        return open.address;
      case "stale-epoch":
        return this.#askWhere(open);
      case "forbidden":
      case "unknown-document":
      case "withdrawn":
        return undefined;
      default:
        return reason satisfies never;
    }
  }

  async #askWhere(open: OpenDocument): Promise<BootDocument | undefined> {
    while (!this.#ended) {
      try {
        const documents = await this.#parts.server.documents();
        return documents?.find(({ document }) => document === open.document);
      } catch (error) {
        console.warn("the server does not say where the document is:", error);
        await this.#pause(ASK_AGAIN);
      }
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }
}

function isSameText(one: RescueCopy, other: RescueCopy): boolean {
  return (
    one.incident.id === other.incident.id &&
    one.document === other.document &&
    one.epoch === other.epoch &&
    one.update === other.update
  );
}
