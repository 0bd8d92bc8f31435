// Nothing moves under your hands: when others write above you, the line you are on, or the one you
// read, stays where it is on the screen.

/** What can tell where a fixed point of the text is on the screen now; undefined once it is gone. */
export type Sight = () => number | undefined;

/**
 * Keeps one point of a scrolling element in its place while others write. Their edits come in
 * bursts: the point is looked at before the first and after the last of a frame, so that a busy
 * text is laid out once a frame and not twice an edit.
 */
export class SteadyScroll {
  readonly #scroller: Element;
  #pending: { sight: Sight; place: number } | undefined;
  #frame = 0;

  constructor(scroller: Element) {
    this.#scroller = scroller;
  }

  get scroller(): Element {
    return this.#scroller;
  }

  /** Somebody else's edit is about to be drawn. */
  before(sight: () => Sight): void {
    if (this.#pending !== undefined) return;
    const point = sight();
    const place = this.#placeOf(point);
    if (place === undefined) return;
    this.#pending = { sight: point, place };
    this.#frame = requestAnimationFrame(() => this.settle());
  }

  /** Puts the point back where it was; also before an edit of one's own, which may move it. */
  settle(): void {
    cancelAnimationFrame(this.#frame);
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    const place = this.#placeOf(pending.sight);
    const moved = place === undefined ? 0 : place - pending.place;
    if (Math.abs(moved) >= 1) this.#scroller.scrollTop += moved;
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#pending = undefined;
  }

  /** Within what scrolls: a scroll of one's own meanwhile is no movement of the text. */
  #placeOf(sight: Sight): number | undefined {
    const seen = sight();
    return seen === undefined ? undefined : seen + this.#scroller.scrollTop;
  }
}

/** The scrolling element around `element`, or the page. */
export function scrollerOf(element: Element): Element {
  for (let at = element.parentElement; at !== null; at = at.parentElement) {
    const { overflowY } = getComputedStyle(at);
    if (overflowY === "auto" || overflowY === "scroll") return at;
  }
  return document.scrollingElement ?? document.documentElement;
}

/** The first child of `column` that is at least partly below the top edge of `scroller`. */
export function firstInView(scroller: Element, column: Element): Element | undefined {
  const edge = topEdge(scroller);
  return [...column.children].find((child) => child.getBoundingClientRect().bottom > edge + 1);
}

function topEdge(scroller: Element): number {
  return scroller === document.scrollingElement ? 0 : scroller.getBoundingClientRect().top;
}

/** Whether a point of the screen lies within what the scroller shows. */
export function isInView(scroller: Element, y: number): boolean {
  const bottom =
    scroller === document.scrollingElement
      ? window.innerHeight
      : scroller.getBoundingClientRect().bottom;
  return y >= topEdge(scroller) && y <= bottom;
}
