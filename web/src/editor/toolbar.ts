// The tools of the text: one tab stop, arrow keys between them. They act on the editor that is open.
import { html, nothing, render, type TemplateResult } from "lit";
import { toggleMark } from "prosemirror-commands";
import type { Command, EditorState } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { redoCommand, undoCommand } from "y-prosemirror";
import type { IconName } from "../ui/icon-set";
import { icon } from "../ui/icons";
import { capText } from "../ui/keys";
import { t } from "../ui/words";
import { hasMark, inHeading, listAround, toggleHeading, toggleList } from "./keymap";
import { askLink, linkRange } from "./link-dialog";
import { schema } from "./schema";

export interface Tool {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  /** As in `ui/keys`, for the words only: the keys themselves are those of the text. */
  readonly keys?: string;
  readonly command: Command;
  readonly pressed?: (state: EditorState) => boolean;
  /** Begins a new group. */
  readonly apart?: boolean;
}

/** What can be done to a text, for the toolbar and for the palette. */
export function textTools(): Tool[] {
  const { bullet_list, ordered_list } = schema.nodes;
  const { strong, em } = schema.marks;
  return [
    {
      id: "heading",
      title: t("Heading"),
      icon: "heading",
      command: toggleHeading(2),
      pressed: (state) => inHeading(state, 2),
    },
    {
      id: "bold",
      title: t("Bold"),
      icon: "bold",
      keys: "ctrl+b",
      command: toggleMark(strong),
      pressed: (state) => hasMark(state, strong),
    },
    {
      id: "italic",
      title: t("Italic"),
      icon: "italic",
      keys: "ctrl+i",
      command: toggleMark(em),
      pressed: (state) => hasMark(state, em),
    },
    {
      id: "list",
      title: t("List"),
      icon: "list",
      command: toggleList(bullet_list),
      pressed: (state) => listAround(state)?.type === bullet_list,
    },
    {
      id: "numbered",
      title: t("Numbered list"),
      icon: "list-ordered",
      command: toggleList(ordered_list),
      pressed: (state) => listAround(state)?.type === ordered_list,
    },
    {
      id: "link",
      title: t("Link"),
      icon: "link",
      keys: "ctrl+shift+k",
      command: askLink,
      pressed: (state) => (linkRange(state)?.href ?? "") !== "",
    },
    {
      id: "undo",
      title: t("Undo"),
      icon: "undo",
      keys: "ctrl+z",
      command: undoCommand,
      apart: true,
    },
    { id: "redo", title: t("Redo"), icon: "redo", keys: "ctrl+shift+z", command: redoCommand },
  ];
}

/** The heading below the heading has no button: the palette and `### ` make it. */
export function moreTools(): Tool[] {
  return [
    { id: "subheading", title: t("Subheading"), icon: "heading-3", command: toggleHeading(3) },
  ];
}

export class Toolbar {
  readonly #host: HTMLElement;
  readonly #end: () => TemplateResult | typeof nothing;
  readonly #tools: readonly Tool[] = textTools();
  #main: EditorView | undefined;
  #view: EditorView | undefined;
  #title: TemplateResult | undefined;
  #stop = 0;
  #frame = 0;

  /** `end` stands at the other end of the row: what belongs to the text but is no tool of it. */
  constructor(host: HTMLElement, end: () => TemplateResult | typeof nothing) {
    this.#host = host;
    this.#end = end;
    host.replaceChildren();
  }

  /** Shows the state of this text from now on; without one, or without a right, there are no tools. */
  show(view: EditorView | undefined): void {
    this.#main = view;
    this.#view = view;
    this.#draw();
  }

  /** A second text on the page has the tools for as long as one writes in it. */
  lend(view: EditorView | undefined): void {
    const holds =
      view !== undefined && !view.isDestroyed && (view.hasFocus() || this.#isPressedFor(view));
    this.#view = holds ? view : this.#main;
    this.#draw();
  }

  #isPressedFor(view: EditorView): boolean {
    return this.#view === view && this.#host.contains(document.activeElement);
  }

  #draw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#render();
    });
  }

  #render(): void {
    const view = this.#view;
    render(this.#title ?? (view?.editable ? this.#template(view) : nothing), this.#host);
  }

  /** Instead of tools: the row belongs to something that has no text of its own. */
  showTitle(title: TemplateResult | undefined): void {
    this.#title = title;
    this.#draw();
  }

  #template(view: EditorView): TemplateResult {
    return html`<div class="toolbar">
      <div class="toolbar-tools" role="toolbar" aria-label=${t("Text")} @keydown=${this.#onKey}>
        ${this.#tools.map((tool, place) => this.#button(view, tool, place))}
      </div>
      <div class="toolbar-end">${this.#end()}</div>
    </div>`;
  }

  #button(view: EditorView, tool: Tool, place: number): TemplateResult {
    const { title, keys, pressed } = tool;
    const enabled = tool.command(view.state, undefined, view);
    const spoken = keys === undefined ? title : `${title} (${capText(keys)})`;
    return html`${tool.apart ? html`<span class="toolbar-line"></span>` : nothing}<button
        class="tool"
        type="button"
        tabindex=${place === this.#stop ? 0 : -1}
        aria-label=${title}
        title=${spoken}
        aria-pressed=${pressed === undefined ? nothing : this.#inUse(view) && pressed(view.state)}
        aria-disabled=${enabled ? nothing : "true"}
        @mousedown=${keepFocus}
        @click=${(event: MouseEvent) => this.#run(view, tool, event)}
        @focus=${() => this.#moveStop(place)}
      >
        ${icon(tool.icon)}
      </button>`;
  }

  /** Before anybody writes, the caret stands at the beginning and says nothing. */
  #inUse(view: EditorView): boolean {
    return view.hasFocus() || this.#host.contains(document.activeElement);
  }

  #run(view: EditorView, tool: Tool, event: MouseEvent): void {
    tool.command(view.state, view.dispatch, view);
    // pressed with the mouse one wants to write on; with the keyboard to press another
    if (event.detail > 0 && tool.id !== "link") view.focus();
    this.#draw();
  }

  #moveStop(place: number): void {
    this.#stop = place;
    this.#render();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      this.#view?.focus();
      return;
    }
    const buttons = [...this.#host.querySelectorAll<HTMLElement>("[role=toolbar] button")];
    const here = buttons.indexOf(document.activeElement as HTMLElement);
    const last = buttons.length - 1;
    const places: Record<string, number> = {
      ArrowRight: here >= last ? 0 : here + 1,
      ArrowLeft: here <= 0 ? last : here - 1,
      Home: 0,
      End: last,
    };
    const next = places[event.key];
    if (next === undefined || here < 0) return;
    event.preventDefault();
    buttons[next]?.focus();
  };
}

/** A press with the mouse must not take the caret out of the text. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}
