/**
 * What this page wrote into a document and the server has not acknowledged, and what the server
 * is known to have: the difference of the two is what a rescue copy holds.
 */
import * as Y from "yjs";
import type { Kept, Waiting } from "./store";

/** Many small updates of what the server has are joined into one from here on. */
const JOIN_AFTER = 500;

export class Unsent {
  #known: Uint8Array[];
  #updates: Uint8Array[];
  #waiting: Waiting | undefined;

  constructor(kept: Kept) {
    this.#known = [...kept.known];
    this.#updates = [...kept.unsent];
    this.#waiting = kept.waiting;
  }

  /** Changes that are not acknowledged. After a reload the number is that of the last visit. */
  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  /** This page wrote something. */
  wrote(update: Uint8Array, now: Date): Waiting {
    this.#updates.push(update);
    const { count = 0, since = now } = this.#waiting ?? {};
    this.#waiting = { count: count + 1, since };
    return this.#waiting;
  }

  /** The server sent something. */
  received(update: Uint8Array): void {
    this.#known.push(update);
  }

  /** The server has stored everything up to now. `state` is the whole document as one update. */
  acknowledged(state: () => Uint8Array): void {
    this.#known.push(...this.#updates);
    this.#updates = [];
    this.#waiting = undefined;
    if (this.#known.length > JOIN_AFTER) this.#known = [state()];
  }

  /** The document as the server is known to have it. */
  serversDocument(): Y.Doc {
    return documentOf(this.#known);
  }

  /** The document as this page has it. */
  ownDocument(): Y.Doc {
    return documentOf([...this.#known, ...this.#updates]);
  }
}

export function documentOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}
