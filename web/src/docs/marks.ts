/**
 * Who wrote what, by the server's word. The server makes a mark whenever a client id begins to
 * write, or writes on after a minute: from this clock on it was this person, at this time.
 */
import { Listeners } from "../net/listeners";

/** As it travels: `[client, clock, organisation, name, at]`, `at` in ms since 1970 UTC. */
export type MarkRow = readonly [number, number, string, string, number];

export interface Author {
  org: string;
  name: string;
  at: Date;
}

export interface Mark extends Author {
  client: number;
  clock: number;
}

export class Marks {
  /** Per client id, in the order of their clocks. */
  readonly #byClient = new Map<number, Mark[]>();
  readonly #changes = new Listeners();

  /** Who wrote the item `(client, clock)`: the last mark of that client up to that clock. What
   * the server has not stored yet has no author here: it is this page's own. */
  authorOf(client: number, clock: number): Author | undefined {
    const marks = this.#byClient.get(client) ?? [];
    const after = firstAfter(marks, clock);
    return marks[after - 1];
  }

  /** The newest mark, of all or of those that `wanted` picks. */
  latest(wanted: (mark: Mark) => boolean = () => true): Mark | undefined {
    let newest: Mark | undefined;
    for (const marks of this.#byClient.values()) {
      for (const mark of marks) {
        if ((newest === undefined || mark.at > newest.at) && wanted(mark)) newest = mark;
      }
    }
    return newest;
  }

  /** Takes in marks as they arrive: the whole list after each sign-in, then one by one. */
  add(rows: readonly MarkRow[]): void {
    let news = false;
    for (const row of rows) news = this.#insert(markOf(row)) || news;
    if (news) this.#changes.tell();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  #insert(mark: Mark): boolean {
    const marks = this.#byClient.get(mark.client);
    if (marks === undefined) {
      this.#byClient.set(mark.client, [mark]);
      return true;
    }
    const place = firstAfter(marks, mark.clock);
    if (isSame(marks[place - 1], mark)) return false;
    marks.splice(place, 0, mark);
    return true;
  }
}

/** The list of a `marks` notice, without the rows that are not as they should be. */
export function marksIn(rows: unknown): MarkRow[] {
  return Array.isArray(rows) ? rows.filter(isMarkRow) : [];
}

function isMarkRow(row: unknown): row is MarkRow {
  if (!Array.isArray(row) || row.length !== 5) return false;
  const types = ["number", "number", "string", "string", "number"];
  return types.every((type, index) => typeof row[index] === type);
}

function markOf([client, clock, org, name, at]: MarkRow): Mark {
  return { client, clock, org, name, at: new Date(at) };
}

function isSame(one: Mark | undefined, other: Mark): boolean {
  return one?.clock === other.clock && one.at.getTime() === other.at.getTime();
}

/** The index of the first mark behind `clock`; marks of one clock stay in order of arrival. */
function firstAfter(marks: readonly Mark[], clock: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.clock ?? 0) <= clock) low = middle + 1;
    else high = middle;
  }
  return low;
}
