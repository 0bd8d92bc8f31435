// The centre when a picture is open, one theme at a time. The shared picture and an organisation's own
// are the same pane.
import type { EditorView } from "prosemirror-view";
import { fragment } from "../docs/picture";
import type { SharedDocument } from "../docs/shared";
import { TextUndo } from "../editor/undo";
import { defineFacts } from "../panels/facts";
import type { Room } from "../view/room";
import { OpenTheme, type PictureOptions } from "./open-theme";

export class PicturePane {
  readonly #host: HTMLElement;
  readonly #room: Room;
  readonly #options: PictureOptions;
  readonly #undo = new Map<string, TextUndo>();
  #open: OpenTheme | undefined;

  constructor(host: HTMLElement, room: Room, options: PictureOptions) {
    this.#host = host;
    this.#room = room;
    this.#options = options;
    defineFacts();
  }

  /** Shows a theme of a document that was loaded. */
  show(shared: SharedDocument, theme: string): void {
    if (this.#open?.shows(shared, theme)) return;
    this.hide();
    const text = fragment(shared.doc, theme);
    const undo = this.#undoOf(shared, theme);
    this.#open = new OpenTheme(this.#host, {
      room: this.#room,
      shared,
      theme,
      text,
      undo,
      ...this.#options,
    });
  }

  hide(): void {
    this.#open?.end();
    this.#open = undefined;
    this.#options.onState(undefined);
  }

  get view(): EditorView | undefined {
    return this.#open?.editor?.view;
  }

  focus(): void {
    this.#open?.editor?.focus();
  }

  addFact(): void {
    this.#open?.facts.add();
  }

  /** The document begins anew: nothing of before can be undone in it. */
  forget(shared: SharedDocument): void {
    if (this.#open?.of(shared)) this.hide();
    for (const [name, undo] of this.#undo) {
      if (!name.startsWith(`${shared.document}|`)) continue;
      undo.end();
      this.#undo.delete(name);
    }
  }

  #undoOf(shared: SharedDocument, theme: string): TextUndo {
    const name = `${shared.document}|${theme}`;
    const known = this.#undo.get(name);
    if (known !== undefined) return known;
    const made = new TextUndo(fragment(shared.doc, theme));
    this.#undo.set(name, made);
    return made;
  }
}
