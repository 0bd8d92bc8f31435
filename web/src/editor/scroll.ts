// Nothing moves under your hands: when others write above you, the line you are on, or the one you
// read, stays where it is on the screen.

/** What can tell where a fixed point of the text is on the screen now. */
export type Sight = () => number | undefined;

/** The scrolling element around `element`, or the page. */
export function scrollerOf(element: Element): Element {
  for (let at = element.parentElement; at !== null; at = at.parentElement) {
    const { overflowY } = getComputedStyle(at);
    if (overflowY === "auto" || overflowY === "scroll") return at;
  }
  return document.scrollingElement ?? document.documentElement;
}

/** Does `change`, then scrolls so that what `sight` sees is where it was. */
export function keepInSight(scroller: Element, sight: Sight, change: () => void): void {
  const before = sight();
  change();
  const after = sight();
  if (before === undefined || after === undefined) return;
  const moved = after - before;
  if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
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
