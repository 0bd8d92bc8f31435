/**
 * A `<textarea>` or `<input>` in which several people type at once: what is typed becomes a small
 * change of the `Y.Text`, and changes of others are put in around the caret, never over it.
 */
import { simpleDiffStringWithCursor } from "lib0/diff";
import type * as Y from "yjs";
import { Composing } from "./composing";
import { edit } from "./own";
import { keepingLineInPlace } from "./scroll";

/** What the binding uses of an input element; tests outside a browser bring their own. */
export interface TextField {
  value: string;
  selectionStart: number | null;
  selectionEnd: number | null;
  setRangeText(text: string, start: number, end: number, mode: "preserve"): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

export interface BindingOptions {
  /** Takes the keys of undo away from the browser, whose own undo knows nothing of others. */
  undo?: Y.UndoManager;
  /** An `<input>` shows no line breaks. */
  singleLine?: boolean;
}

/** Binds `field` to `text` until the function that comes back is called. */
export function bindText(field: TextField, text: Y.Text, options: BindingOptions = {}): () => void {
  const binding = new TextBinding(field, text, options);
  return () => binding.end();
}

class TextBinding {
  readonly #field: TextField;
  readonly #text: Y.Text;
  readonly #options: BindingOptions;
  readonly #listeners: [string, (event: Event) => void][];
  readonly #observer = (event: Y.YTextEvent) => this.#changed(event);
  #typing = false;
  /** While an input method composes, the field is left alone and others' changes wait. */
  #composing: Composing | undefined;

  constructor(field: TextField, text: Y.Text, options: BindingOptions) {
    this.#field = field;
    this.#text = text;
    this.#options = options;
    field.value = this.#shown();
    this.#listeners = [
      ["input", () => this.#typed()],
      ["compositionstart", () => this.#beginComposing()],
      ["compositionend", () => this.#endComposing()],
      ["blur", () => this.#endComposing()],
      ["beforeinput", (event) => this.#beforeInput(event)],
      ["keydown", (event) => this.#key(event)],
    ];
    for (const [type, listener] of this.#listeners) field.addEventListener(type, listener);
    text.observe(this.#observer);
  }

  end(): void {
    this.#text.unobserve(this.#observer);
    for (const [type, listener] of this.#listeners) this.#field.removeEventListener(type, listener);
  }

  /** The text as a field can show it. Browsers change line ends in a field, so each character
   * that they would drop is shown as one other: places in the two stay the same. */
  #shown(): string {
    const text = this.#text.toString();
    return this.#options.singleLine ? text.replace(/[\r\n]/g, " ") : text.replace(/\r/g, " ");
  }

  #typed(): void {
    const shown = this.#composing?.shown ?? this.#shown();
    const { value } = this.#field;
    if (value === shown) return;
    const caret = this.#field.selectionStart ?? value.length;
    const change = wholeCharacters(shown, value, caret);
    this.#typing = true;
    try {
      edit(docOf(this.#text), () => this.#write(change.index, change.remove, change.insert));
    } finally {
      this.#typing = false;
    }
    if (this.#composing !== undefined) this.#composing.shown = value;
  }

  #write(index: number, remove: number, insert: string): void {
    if (this.#composing !== undefined) {
      this.#composing.write(index, remove, insert);
      return;
    }
    if (remove > 0) this.#text.delete(index, remove);
    if (insert !== "") this.#text.insert(index, insert);
  }

  #changed(event: Y.YTextEvent): void {
    if (this.#typing || this.#composing !== undefined) return;
    this.#show(event.delta);
  }

  #show(delta: Y.YTextEvent["delta"]): void {
    const caret = this.#field.selectionStart ?? 0;
    keepingLineInPlace(this.#field, firstPlace(delta) < caret, () => this.#replay(delta));
    // what a delta cannot say (embedded objects), and what a browser altered
    if (this.#field.value !== this.#shown()) this.#field.value = this.#shown();
  }

  #replay(delta: Y.YTextEvent["delta"]): void {
    let place = 0;
    for (const step of delta) {
      if (typeof step.insert === "string") {
        this.#field.setRangeText(this.#asShown(step.insert), place, place, "preserve");
        place += step.insert.length;
      } else if (step.delete !== undefined) {
        this.#field.setRangeText("", place, place + step.delete, "preserve");
      } else {
        place += step.retain ?? 0;
      }
    }
  }

  #asShown(text: string): string {
    return text.replace(this.#options.singleLine ? /[\r\n]/g : /\r/g, " ");
  }

  #beginComposing(): void {
    this.#composing ??= new Composing(this.#text, this.#shown());
  }

  #endComposing(): void {
    if (this.#composing === undefined) return;
    this.#typed();
    const composed = this.#composing;
    this.#composing = undefined;
    if (this.#field.value === this.#shown()) return;
    const [start, end] = [this.#field.selectionStart, this.#field.selectionEnd];
    const caret = composed.placeOf(start ?? 0);
    const length = (end ?? 0) - (start ?? 0);
    keepingLineInPlace(this.#field, caret !== start, () => {
      this.#field.value = this.#shown();
    });
    [this.#field.selectionStart, this.#field.selectionEnd] = [caret, caret + length];
  }

  #beforeInput(event: Event): void {
    const kind = "inputType" in event ? event.inputType : "";
    if (kind === "historyUndo" || kind === "historyRedo") this.#undo(event, kind === "historyRedo");
  }

  #key(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.altKey) return;
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z") this.#undo(event, event.shiftKey);
    if (key === "y" && !event.shiftKey) this.#undo(event, true);
  }

  #undo(event: Event, forward: boolean): void {
    const { undo } = this.#options;
    if (undo === undefined) return;
    event.preventDefault();
    if (forward) undo.redo();
    else undo.undo();
  }
}

interface Change {
  index: number;
  remove: number;
  insert: string;
}

/**
 * How `after` differs from `before`, never cutting a character that is made of two units: half a
 * character in the document would be another text on every other screen.
 */
export function wholeCharacters(before: string, after: string, caret: number): Change {
  const typed = Math.max(0, after.length - before.length);
  return simpleDiffStringWithCursor(before, after, Math.max(0, caret - typed));
}

function firstPlace(delta: Y.YTextEvent["delta"]): number {
  const first = delta[0];
  return first?.retain ?? 0;
}

function docOf(text: Y.Text): Y.Doc {
  if (text.doc === null) throw new Error("the text belongs to no document any more");
  return text.doc;
}
