/**
 * What this page wrote into a document and the server has not acknowledged, and what the server
 * is known to have: the difference of the two is what a rescue copy holds.
 */
import * as Y from "yjs";
import type { Kept, Waiting } from "./store";

/** Many small updates of what the server has are joined into one from here on. */
const JOIN_AFTER = 500;

interface Written {
  update: Uint8Array;
  at: Date;
}

const NOTHING = { updates: [], waiting: undefined };

export class Unsent {
  #known: Uint8Array[] = [];
  /** What an earlier visit left, as far as it is not acknowledged. */
  #inherited: { updates: Uint8Array[]; waiting: Waiting | undefined } = NOTHING;
  /** What this visit wrote, the oldest first. */
  #written: Written[] = [];

  /** Takes up what an earlier visit kept; what this one wrote meanwhile comes after it. */
  inherit(kept: Kept): void {
    this.#known = [...kept.known, ...this.#known];
    this.#inherited = { updates: [...kept.unsent], waiting: kept.waiting };
  }

  /** Changes that are not acknowledged, and the time of the first. */
  get waiting(): Waiting | undefined {
    const { count = 0, since } = this.#inherited.waiting ?? {};
    const first = since ?? this.#written[0]?.at;
    return first === undefined ? undefined : { count: count + this.#written.length, since: first };
  }

  /** This page wrote something. */
  wrote(update: Uint8Array, at: Date): void {
    this.#written.push({ update, at });
  }

  /** The server sent something. */
  received(update: Uint8Array): void {
    this.#known.push(update);
  }

  /** The server has stored all but the `left` newest changes; it takes them in their order. */
  storedAllBut(left: number): void {
    const stored = this.#written.splice(0, Math.max(0, this.#written.length - left));
    this.#known.push(...stored.map(({ update }) => update));
  }

  /** The server has stored everything up to now. `state` is the whole document as one update. */
  storedAll(state: () => Uint8Array): void {
    this.#known.push(...this.#inherited.updates);
    this.#inherited = NOTHING;
    this.storedAllBut(0);
    if (this.#known.length > JOIN_AFTER) this.#known = [state()];
  }

  /** The document as the server is known to have it. */
  serversDocument(): Y.Doc {
    return documentOf(this.#known);
  }

  /** The document as this page has it. */
  ownDocument(): Y.Doc {
    const own = this.#written.map(({ update }) => update);
    return documentOf([...this.#known, ...this.#inherited.updates, ...own]);
  }
}

export function documentOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}
