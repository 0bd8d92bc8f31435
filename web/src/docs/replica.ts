/**
 * One life of a shared document in this page: a Y.Doc in one epoch, its place in the offline
 * store, its seat on the live line, and the count of what is unsent. When the server will not
 * have it any more, a new replica takes its place.
 */
import { HocuspocusProvider } from "@hocuspocus/provider";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Clock } from "../net/clock";
import type { Socket } from "../net/socket";
import type { DocumentState } from "../net/status";
import type { OfflineStore, Shelf } from "../net/store";
import { Unsent } from "../net/unsent";
import { Marks } from "./marks";
import { type Notice, parseNotice, saysNotTaken } from "./notices";

/** The origin of what comes out of the offline store. */
const LOADED: unique symbol = Symbol("loaded from the offline store");

export interface ReplicaParts {
  /** The document's address on the live line, with its epoch. */
  name: string;
  shelf: Shelf;
  doc: Y.Doc;
  awareness: Awareness | null;
  socket: Socket;
  store: OfflineStore;
  clock: Clock;
}

/** What a replica has to say to whoever keeps it. */
export interface ReplicaEvents {
  /** Something that the status depends on. */
  changed(): void;
  admitted(mayWrite: boolean): void;
  /** Not let in, or no longer. */
  denied(reason: string): void;
  /** A change was not taken; the reason follows in a notice, or not at all. */
  notTaken(): void;
  noticed(notice: Notice): void;
}

export class Replica {
  readonly doc: Y.Doc;
  readonly shelf: Shelf;
  readonly provider: HocuspocusProvider;
  readonly marks = new Marks();
  readonly unsent = new Unsent();
  /** There is something true to show: what was kept on the device, or what the server has. */
  readonly whenLoaded: Promise<void>;
  /** The document is what the server has. */
  readonly whenSynced: Promise<void>;
  /** When the server last confirmed something, on the line's clock. */
  progressAt = 0;
  readonly #parts: ReplicaParts;
  readonly #events: ReplicaEvents;
  #savedAt: Date | undefined;
  #left = false;
  /** The exchange at the beginning of this connection was confirmed. */
  #exchanged = false;
  #lastCount = 0;
  #loaded: () => void = () => undefined;
  #synced: () => void = () => undefined;

  constructor(parts: ReplicaParts, events: ReplicaEvents) {
    this.#parts = parts;
    this.#events = events;
    this.doc = parts.doc;
    this.shelf = parts.shelf;
    this.whenLoaded = new Promise((resolve) => {
      this.#loaded = resolve;
    });
    this.whenSynced = new Promise((resolve) => {
      this.#synced = resolve;
    });
    this.provider = new HocuspocusProvider({
      name: parts.name,
      document: parts.doc,
      awareness: parts.awareness,
      websocketProvider: parts.socket,
      // a plain text: a token that is waited for would let an edit slip in before the sync
      token: "session",
    });
    this.#listen();
  }

  /** The status of this document; whether it may be written is not for the replica to say. */
  state(mayWrite: boolean): DocumentState {
    const { waiting } = this.unsent;
    return {
      mayWrite,
      inStep: this.provider.isAttached && this.provider.isAuthenticated && this.provider.synced,
      unacknowledged: this.provider.unsyncedChanges,
      waiting: waiting?.count ?? 0,
      since: waiting?.since,
      savedAt: this.#savedAt,
    };
  }

  /** Reads the offline store, and only then takes a seat on the line: what is there has to be part
   * of the very first exchange. */
  async open(): Promise<void> {
    const kept = await this.#parts.store.load(this.shelf);
    if (this.#left) return;
    this.unsent.inherit(kept);
    const updates = [...kept.known, ...kept.unsent];
    this.doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.doc, update);
    }, LOADED);
    if (updates.length > 0) this.#loaded();
    this.provider.attach();
    this.#events.changed();
  }

  /** Leaves the line; what is still written here is noted, and not sent. */
  detach(): void {
    this.#left = true;
    if (this.provider.isAttached) this.provider.detach();
  }

  /** Leaves for good; the document is not changed any more by anybody. */
  leave(): void {
    this.detach();
    this.doc.off("update", this.#updated);
    this.provider.destroy();
  }

  #listen(): void {
    this.doc.on("update", this.#updated);
    const { provider } = this;
    provider.on("authenticated", ({ scope }: { scope: string }) => {
      this.#events.admitted(scope === "read-write");
    });
    provider.on("authenticationFailed", ({ reason }: { reason: string }) => {
      this.#events.denied(reason);
    });
    provider.on("stateless", ({ payload }: { payload: string }) => this.#noticed(payload));
    provider.on("synced", () => {
      this.#loaded();
      this.#synced();
    });
    provider.on("unsyncedChanges", ({ number }: { number: number }) => this.#counted(number));
    provider.on("message", ({ event }: { event: MessageEvent<ArrayBuffer> }) => {
      if (saysNotTaken(event.data)) this.#events.notTaken();
    });
    for (const event of ["open", "close"]) provider.on(event, () => this.#connectionChanged());
  }

  #connectionChanged(): void {
    this.#exchanged = false;
    this.#events.changed();
  }

  readonly #updated = (update: Uint8Array, origin: unknown): void => {
    if (origin === LOADED) return;
    const { store, clock } = this.#parts;
    if (origin === this.provider) {
      this.unsent.received(update);
      store.putKnown(this.shelf, update, this.#state);
      return;
    }
    const now = clock.date();
    this.unsent.wrote(update, now);
    store.putOwn(this.shelf, update, now);
    this.#events.changed();
  };

  readonly #state = (): Uint8Array => Y.encodeStateAsUpdate(this.doc);

  /** The provider counts one for the exchange at the beginning of a connection and one for each
   * change since; the server confirms each once, in order, after it is stored. Only when the count
   * came to nothing is it known that the exchange was among them. */
  #counted(unacknowledged: number): void {
    if (unacknowledged < this.#lastCount) this.progressAt = this.#parts.clock.now();
    this.#lastCount = unacknowledged;
    if (unacknowledged === 0 && this.provider.isAuthenticated) this.#storedAll();
    else if (this.#exchanged) this.#storedAllBut(unacknowledged);
    this.#events.changed();
  }

  #storedAll(): void {
    this.#exchanged = true;
    this.#savedAt = this.#parts.clock.date();
    this.unsent.storedAll(this.#state);
    this.#parts.store.storedAll(this.shelf, this.#state);
  }

  #storedAllBut(left: number): void {
    const before = this.unsent.waiting?.count ?? 0;
    if (left >= before) return;
    this.unsent.storedAllBut(left);
    const { waiting } = this.unsent;
    if (waiting !== undefined) this.#parts.store.storedAllBut(this.shelf, left, waiting.since);
  }

  #noticed(payload: string): void {
    const notice = parseNotice(payload);
    if (notice === undefined) return;
    if (notice.kind === "marks") this.marks.add(notice.marks);
    else this.#events.noticed(notice);
  }
}
