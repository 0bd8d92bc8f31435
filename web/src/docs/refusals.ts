/**
 * What happens when the server will not take what was written: it becomes a rescue copy, and a
 * fresh document begins where there is one to begin.
 */
import type { Boot, BootDocument } from "../boot";
import type { Clock } from "../net/clock";
import { type RescueCopy, type RescueReason, rescueCopy } from "../net/rescue";
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
    const copy = this.copyOf(replica.unsent, replica.shelf, reason);
    replica.leave();
    await this.#keep(copy, replica.shelf);
    open.putAside();
    const address = await this.#nextAddress(open, reason);
    if (address !== undefined) this.#beginAgain(open, address);
  }

  /** What an earlier visit left in a document that is not there any more. */
  async rescueLeftover(shelf: Shelf, reason: RescueReason): Promise<void> {
    const unsent = new Unsent();
    unsent.inherit(await this.#parts.store.load(shelf));
    await this.#keep(this.copyOf(unsent, shelf, reason), shelf);
  }

  copyOf(unsent: Unsent, shelf: Shelf, reason: RescueReason): RescueCopy | undefined {
    const { boot, clock } = this.#parts;
    return rescueCopy(unsent, { boot, shelf, reason, now: clock.date() });
  }

  async #keep(copy: RescueCopy | undefined, shelf: Shelf): Promise<void> {
    if (copy === undefined) await this.#parts.store.forget(shelf);
    else await this.#parts.rescues.keep(copy, shelf);
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
