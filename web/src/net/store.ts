/**
 * Where edits wait while there is no line, and what may be asked of such a place. On a device
 * that the person calls their own it is IndexedDB (`device-store.ts`); elsewhere only the window's
 * memory (`WindowStore`), and the page says so.
 */
import type { RescueCopy } from "./rescue";

/** A document in one epoch, for one person acting for one organisation. */
export interface Shelf {
  /** Person and organisation: nobody else's edits are ever sent as theirs. */
  owner: string;
  incident: string;
  document: string;
  epoch: number;
}

/** How much of this page's work the server has not acknowledged, and since when. */
export interface Waiting {
  count: number;
  since: Date;
}

/** What was kept of a document: what the server is known to have, and what it may lack. */
export interface Kept {
  known: Uint8Array[];
  unsent: Uint8Array[];
  waiting: Waiting | undefined;
}

/** A document with edits that the server may lack. */
export interface Leftover {
  shelf: Shelf;
  waiting: Waiting;
}

export type StoreTrouble = "closed" | "full" | "blocked";

export interface OfflineStore {
  /** `device`: survives a reload. `window`: does not. A device store in trouble becomes the latter. */
  readonly place: "device" | "window";
  /** Why edits are not kept on the device although they should be. */
  readonly trouble: StoreTrouble | undefined;
  /** Every edit so far would survive a reload. */
  readonly isSettled: boolean;
  load(shelf: Shelf): Promise<Kept>;
  /** An edit of this page. */
  putOwn(shelf: Shelf, update: Uint8Array, at: Date): void;
  /** Something the server sent. `state` is the whole document as it is now, for when many small
   * records should become one. */
  putKnown(shelf: Shelf, update: Uint8Array, state: () => Uint8Array): void;
  /** The server has all edits of this page but the newest `left`; the first of those was made at
   * `since`. */
  storedAllBut(shelf: Shelf, left: number, since: Date): void;
  /** The server has everything that this page put or loaded so far. */
  storedAll(shelf: Shelf, state: () => Uint8Array): void;
  /** Documents of an owner with edits that the server may lack, in any epoch. */
  leftovers(owner: string): Promise<Leftover[]>;
  /** Keeps the copy and lets go of the document, if one is given, as one step. */
  keepRescue(copy: RescueCopy, shelf?: Shelf): Promise<void>;
  /** Lets go of a document of which this page has nothing unsent. What other windows still wait
   * with stays. Never rejects: a device store that fails says so as its trouble. */
  forget(shelf: Shelf): Promise<void>;
  rescues(owner: string): Promise<RescueCopy[]>;
  dropRescue(id: string): Promise<void>;
  /** Removes whatever the server has, of everybody; what it lacks stays, and is counted. */
  clearAcknowledged(): Promise<number>;
  onChange(listener: () => void): () => void;
  close(): void;
}

const NOTHING: Kept = { known: [], unsent: [], waiting: undefined };

/** Keeps nothing but rescue copies, and those as long as the window is open. */
export class WindowStore implements OfflineStore {
  readonly place = "window";
  readonly trouble = undefined;
  readonly #rescues = new Map<string, RescueCopy>();
  readonly #waiting = new Set<string>();

  get isSettled(): boolean {
    return this.#waiting.size === 0 && this.#rescues.size === 0;
  }

  load(): Promise<Kept> {
    return Promise.resolve(NOTHING);
  }

  putOwn(shelf: Shelf): void {
    this.#waiting.add(nameOf(shelf));
  }

  putKnown(): void {
    // the server has it, and a reload fetches it again
  }

  storedAllBut(): void {
    // what is left still waits
  }

  storedAll(shelf: Shelf): void {
    this.#waiting.delete(nameOf(shelf));
  }

  leftovers(): Promise<Leftover[]> {
    return Promise.resolve([]);
  }

  keepRescue(copy: RescueCopy, shelf?: Shelf): Promise<void> {
    this.#rescues.set(copy.id, copy);
    if (shelf !== undefined) this.#waiting.delete(nameOf(shelf));
    return Promise.resolve();
  }

  forget(shelf: Shelf): Promise<void> {
    this.#waiting.delete(nameOf(shelf));
    return Promise.resolve();
  }

  rescues(owner: string): Promise<RescueCopy[]> {
    return Promise.resolve([...this.#rescues.values()].filter((copy) => copy.owner === owner));
  }

  dropRescue(id: string): Promise<void> {
    this.#rescues.delete(id);
    return Promise.resolve();
  }

  clearAcknowledged(): Promise<number> {
    return Promise.resolve(this.#waiting.size);
  }

  onChange(): () => void {
    return () => undefined;
  }

  close(): void {
    // nothing is held open
  }
}

/** `person/organisation/incident/document@epoch`, percent-encoded: one string, read back below. */
export function nameOf({ owner, incident, document, epoch }: Shelf): string {
  return [owner, incident, document, String(epoch)].map(encodeURIComponent).join(" ");
}

export function shelfOf(name: string): Shelf {
  const [owner = "", incident = "", document = "", epoch = ""] = name
    .split(" ")
    .map(decodeURIComponent);
  return { owner, incident, document, epoch: Number(epoch) };
}

export function ownerOf(person: string, organisation: string): string {
  return `${encodeURIComponent(person)}/${encodeURIComponent(organisation)}`;
}
