/**
 * Nothing moves under your hands: when others write above the line you are on, that line stays
 * where it is on the screen.
 */
import type { TextField } from "./text-binding";

/** Does `change` to `field`; when it lies above the caret, what it added is scrolled away. */
export function keepingLineInPlace(field: TextField, above: boolean, change: () => void): void {
  if (!above || !isElement(field) || field.ownerDocument.activeElement !== field) {
    keepingScroll(field, change);
    return;
  }
  const [inner, outer, top] = [field.scrollHeight, field.offsetHeight, field.scrollTop];
  change();
  const grown = field.offsetHeight - outer;
  field.scrollTop = top + (field.scrollHeight - inner) - grown;
  if (grown !== 0) scrollerOf(field)?.scrollBy({ top: grown, behavior: "instant" });
}

function keepingScroll(field: TextField, change: () => void): void {
  const top = isElement(field) ? field.scrollTop : 0;
  change();
  if (isElement(field)) field.scrollTop = top;
}

function isElement(field: TextField): field is TextField & HTMLElement {
  return typeof HTMLElement !== "undefined" && field instanceof HTMLElement;
}

function scrollerOf(element: HTMLElement): Element | null {
  for (let one = element.parentElement; one !== null; one = one.parentElement) {
    const { overflowY } = getComputedStyle(one);
    if (/auto|scroll/.test(overflowY) && one.scrollHeight > one.clientHeight) return one;
  }
  return element.ownerDocument.scrollingElement;
}
