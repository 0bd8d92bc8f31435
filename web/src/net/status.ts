/**
 * The status word. It never lies: "saved" is said only when the server has confirmed that every
 * change of this page is stored, on a line that was heard a moment ago.
 */
import type { Clock } from "./clock";
import type { LineReason } from "./line-states";
import { Listeners } from "./listeners";

export type Word = "offline" | "connecting" | "saving" | "saved" | "read-only";

export interface Status {
  word: Word;
  /** Changes of this page that the server has not confirmed. */
  waiting: number;
  /** Since when something waits; offline with nothing waiting: since when nothing was heard. */
  since?: Date;
  /** When the last change was confirmed; read-only: when the server was last heard. */
  at?: Date;
  /** Why, as a code (`Reason`); the page has the words. */
  reason?: Reason;
  /** What waits is kept in this window only: a reload would lose it. */
  windowOnly?: boolean;
}

export type ReadOnlyReason = "observer" | "liaison" | "closed" | "withdrawn";
export type Reason = LineReason | ReadOnlyReason | "moving";

export interface StatusSource {
  readonly current: Status;
  onChange(listener: (status: Status) => void): () => void;
}

/** What the word depends on, of one document. */
export interface DocumentState {
  mayWrite: boolean;
  /** Let in, and given the server's state, on the present connection. */
  inStep: boolean;
  /** The provider's own count of what was not acknowledged on this connection. */
  unacknowledged: number;
  /** Changes that were made here and are not known to be stored. */
  waiting: number;
  since: Date | undefined;
  /** When everything was last acknowledged. */
  savedAt: Date | undefined;
}

/** What the word depends on, of the line. */
export interface LineView {
  /** The socket is open and was heard a moment ago. */
  heard: boolean;
  /** The page has just begun, and no attempt has failed. */
  firstAttempt: boolean;
  /** When anything was last heard. */
  heardAt: Date;
  reason: Reason | undefined;
}

export interface StatusInputs {
  line: LineView;
  documents: readonly DocumentState[];
  /** Why this person may write nothing, if so. */
  readOnly: ReadOnlyReason;
  windowOnly: boolean;
}

/** The word for what is known, as a pure function of it. */
export function statusOf({ line, documents, readOnly, windowOnly }: StatusInputs): Status {
  const waiting = sum(documents.map((one) => one.waiting));
  const since = earliest(documents.map((one) => one.since));
  const kept = windowOnly && waiting > 0 ? { windowOnly } : {};
  const more = { ...withoutUndefined({ since, reason: line.reason }), ...kept };
  if (!line.heard && line.firstAttempt) return { word: "connecting", waiting, ...more };
  if (!line.heard) return { word: "offline", waiting, since: line.heardAt, ...more };

  const writable = documents.filter((one) => one.mayWrite || one.waiting > 0);
  const decisive = writable.length > 0 ? writable : documents;
  if (decisive.length === 0 || decisive.some((one) => !one.inStep)) {
    return { word: "connecting", waiting, ...more };
  }
  if (writable.length === 0) {
    return { word: "read-only", waiting: 0, at: line.heardAt, reason: readOnly };
  }
  if (waiting > 0) return { word: "saving", waiting, ...more };
  // the handshake itself is acknowledged: until then nothing is known to be the server's
  if (writable.some((one) => one.unacknowledged > 0))
    return { word: "connecting", waiting, ...more };
  return {
    word: "saved",
    waiting: 0,
    ...withoutUndefined({ at: latest(writable) }),
    ...reasonOf(line),
  };
}

function reasonOf(line: LineView): { reason?: Reason } {
  return line.reason === undefined ? {} : { reason: line.reason };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  const known = dates.filter((date) => date !== undefined).map(Number);
  return known.length === 0 ? undefined : new Date(Math.min(...known));
}

function latest(documents: readonly DocumentState[]): Date | undefined {
  const known = documents.map((one) => one.savedAt).filter((date) => date !== undefined);
  return known.length === 0 ? undefined : new Date(Math.max(...known.map(Number)));
}

function withoutUndefined<T extends object>(record: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

/** Often enough that a silent line is noticed when it becomes one. */
const LOOK_EVERY = 250;

/** Works out the word whenever it is asked for, and tells of it when it changed: a timer that a
 * browser slowed down can make it late on the screen, never wrong where it is read. */
export class StatusBoard implements StatusSource {
  readonly #inputs: () => StatusInputs;
  readonly #listeners = new Listeners<[Status]>();
  readonly #stop: () => void;
  #told = "";

  constructor(clock: Clock, inputs: () => StatusInputs) {
    this.#inputs = inputs;
    this.#stop = clock.every(LOOK_EVERY, () => this.look());
  }

  get current(): Status {
    return statusOf(this.#inputs());
  }

  onChange(listener: (status: Status) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Something that the word depends on may have changed. */
  look(): void {
    const status = this.current;
    const spelled = spell(status);
    if (spelled === this.#told) return;
    this.#told = spelled;
    this.#listeners.tell(status);
  }

  destroy(): void {
    this.#stop();
    this.#listeners.clear();
  }
}

/** Two statuses that are spelled alike look alike. Read-only shows the time of the last word of
 * the server, which comes every few seconds: minutes are enough there. */
function spell(status: Status): string {
  const at = status.word === "read-only" ? status.at?.toISOString().slice(0, 16) : status.at;
  return JSON.stringify({ ...status, at });
}
