/**
 * A text while an input method composes in it (Chinese, Gboard, a dead key). The field must not
 * be touched then, so it falls behind what others type; this keeps track of which character of
 * the field is which item of the document, so that what is composed lands where it is seen.
 */
import * as Y from "yjs";

export class Composing {
  /** What the field showed when it and the text were last compared. */
  shown: string;
  readonly #text: Y.Text;
  /** The item behind each unit of `shown`. */
  readonly #items: Y.ID[];

  constructor(text: Y.Text, shown: string) {
    this.#text = text;
    this.shown = shown;
    this.#items = visibleItems(text);
  }

  /** Does to the document what was done to the field at `index`. */
  write(index: number, remove: number, insert: string): void {
    const place = this.placeOf(index);
    this.#delete(this.#items.slice(index, index + remove));
    if (insert !== "") this.#text.insert(place, insert);
    const added = insert === "" ? [] : visibleItems(this.#text).slice(place, place + insert.length);
    this.#items.splice(index, remove, ...added);
  }

  /** Where in the text the place `index` of the field is now. */
  placeOf(index: number): number {
    const before = this.#items.slice(0, index);
    for (let left = before.length - 1; left >= 0; left--) {
      const found = this.#find(before[left]);
      if (found !== undefined) return found + 1;
    }
    return 0;
  }

  /** Deletes what is left of `items`, in runs: a character of two units is never cut. */
  #delete(items: readonly Y.ID[]): void {
    const places = items.map((item) => this.#find(item)).filter((place) => place !== undefined);
    let end = places.length;
    while (end > 0) {
      let start = end - 1;
      while (start > 0 && places[start - 1] === (places[start] ?? 0) - 1) start--;
      this.#text.delete(places[start] ?? 0, end - start);
      end = start;
    }
  }

  /** The place of an item, undefined once somebody deleted it. */
  #find(item: Y.ID | undefined): number | undefined {
    if (item === undefined) return undefined;
    const place = visibleItems(this.#text).findIndex((one) => Y.compareIDs(one, item));
    return place < 0 ? undefined : place;
  }
}

/** The id of every unit of the text, in order. */
function visibleItems(text: Y.Text): Y.ID[] {
  const ids: Y.ID[] = [];
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    for (let unit = 0; unit < item.length; unit++) {
      ids.push(Y.createID(item.id.client, item.id.clock + unit));
    }
  }
  return ids;
}
