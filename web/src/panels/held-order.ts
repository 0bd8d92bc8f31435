// The order of a list that does not move under one's hands: while pointer or focus is inside, rows
// stay where they are, new ones wait, and removed ones keep their place until one lets go.

export interface HeldList {
  /** The ids to show, in order; one that is not among the rows any more was removed by others. */
  readonly shown: readonly string[];
  /** How many rows of others wait to be shown. */
  readonly waiting: number;
}

export class HeldOrder {
  #shown: readonly string[] | undefined;
  readonly #own = new Set<string>();

  /** A row of one's own appears at once, where it belongs. */
  addOwn(id: string): void {
    this.#own.add(id);
  }

  /** What to show of `wanted`, the order that the list would have by itself. */
  show(wanted: readonly string[], held: boolean): HeldList {
    if (!held || this.#shown === undefined) return this.release(wanted);
    const known = new Set(this.#shown);
    const news = wanted.filter((id) => !known.has(id));
    const own = news.filter((id) => this.#own.has(id));
    if (own.length > 0) this.#shown = own.reduce(insertion(wanted), this.#shown);
    return { shown: this.#shown, waiting: news.length - own.length };
  }

  /** One's own undo decides which rows there are: what came back shows, what went goes at once, and
   *  the others stay where they are. */
  follow(wanted: readonly string[]): void {
    if (this.#shown === undefined) return;
    const here = new Set(wanted);
    const kept = this.#shown.filter((id) => here.has(id));
    const back = wanted.filter((id) => !kept.includes(id));
    this.#shown = back.reduce(insertion(wanted), kept);
  }

  /** Takes in what waited. */
  release(wanted: readonly string[]): HeldList {
    this.#shown = [...wanted];
    this.#own.clear();
    return { shown: this.#shown, waiting: 0 };
  }
}

/** Puts an id behind the nearest shown one that comes before it in `wanted`. */
function insertion(wanted: readonly string[]) {
  return (shown: readonly string[], id: string): readonly string[] => {
    const before = wanted.slice(0, wanted.indexOf(id)).reverse();
    const neighbour = before.find((one) => shown.includes(one));
    const place = neighbour === undefined ? 0 : shown.indexOf(neighbour) + 1;
    return [...shown.slice(0, place), id, ...shown.slice(place)];
  };
}
