import type { TextField } from "../../src/docs/text-binding";

/** Half a character, or what Yjs makes of one. */
export const HALVED =
  /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]|\uFFFD/;

/** A text field without a browser: the value, the caret and what `setRangeText` does to them
 * (HTML standard, "preserve"). */
export class Field implements TextField {
  #value = "";
  selectionStart: number | null = 0;
  selectionEnd: number | null = 0;
  /** How often the whole value was replaced: that would break an input method. */
  replaced = 0;
  readonly #listeners = new Map<string, ((event: Event) => void)[]>();

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value !== this.#value) this.selectionStart = this.selectionEnd = value.length;
    this.#value = value;
    this.replaced++;
  }

  setRangeText(text: string, start: number, end: number): void {
    this.#value = this.#value.slice(0, start) + text + this.#value.slice(end);
    const moved = (place: number, toStart: boolean) => {
      if (place > end) return place + text.length - (end - start);
      if (place > start) return toStart ? start : start + text.length;
      return place;
    };
    this.selectionStart = moved(this.selectionStart ?? 0, true);
    this.selectionEnd = moved(this.selectionEnd ?? 0, false);
  }

  addEventListener(type: string, listener: (event: Event) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type: string, listener: (event: Event) => void): void {
    const left = (this.#listeners.get(type) ?? []).filter((one) => one !== listener);
    this.#listeners.set(type, left);
  }

  /** Somebody types `text` over the selection. */
  type(text: string): void {
    const [start, end] = [this.selectionStart ?? 0, this.selectionEnd ?? 0];
    this.#value = this.#value.slice(0, start) + text + this.#value.slice(end);
    this.selectionStart = this.selectionEnd = start + text.length;
    this.fire("input");
  }

  select(start: number, end = start): void {
    [this.selectionStart, this.selectionEnd] = [start, end];
  }

  fire(type: string): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(new Event(type));
  }
}
