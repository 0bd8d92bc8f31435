// The text of one theme: ProseMirror bound to a root of the shared document.
import { EditorState, type Plugin, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet, type DecorationSource, EditorView } from "prosemirror-view";
import { initProseMirrorDoc, ySyncPlugin, ySyncPluginKey, yUndoPlugin } from "y-prosemirror";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { safeHref } from "../docs/links";
import { BindingGuard } from "./binding-guard";
import { cursorPlugins } from "./cursors";
import { type AuthorSource, authorGutter } from "./gutter";
import { type TextKeys, textInputRules, textKeymap, undoFromBrowser } from "./keymap";
import { cleanPaste } from "./paste";
import { schema } from "./schema";
import { firstInView, isInView, type Sight, SteadyScroll, scrollerOf } from "./scroll";
import type { TextUndo } from "./undo";

export interface ThemeEditorOptions {
  readonly fragment: Y.XmlFragment;
  /** What a screen reader calls the text: the theme. */
  readonly label: string;
  readonly placeholder: string;
  /** Asked at every turn: rights change on the open page. */
  readonly mayWrite: () => boolean;
  readonly awareness: Awareness | undefined;
  readonly authors: AuthorSource;
  readonly undo: TextUndo;
  readonly keys: TextKeys;
  /** Others wrote something that cannot be drawn: the text is an older one, and read-only. */
  readonly onStuck: (stuck: boolean) => void;
  /** After every change of text, selection or rights. */
  readonly onState: (view: EditorView) => void;
}

export class ThemeEditor {
  readonly view: EditorView;
  readonly #options: ThemeEditorOptions;
  readonly #steady: SteadyScroll;
  readonly #guard: BindingGuard;
  #othersWrite = false;

  constructor(host: HTMLElement, options: ThemeEditorOptions) {
    this.#options = options;
    this.#steady = new SteadyScroll(scrollerOf(host));
    // the browser's own anchoring does not know which line is ours, and would correct it twice
    (this.#steady.scroller as HTMLElement).style.setProperty("overflow-anchor", "none");
    const { doc, mapping } = initProseMirrorDoc(options.fragment, schema);
    const state = EditorState.create({ doc, plugins: this.#plugins(mapping) });
    this.#guard = new BindingGuard(state, (stuck) => this.#toldStuck(stuck));
    this.view = new EditorView(host, {
      state,
      editable: () => this.#mayWrite(),
      attributes: () => this.#attributes(),
      dispatchTransaction: (transaction) => this.#dispatch(transaction),
      // others' edits never scroll; our own do
      handleScrollToSelection: () => this.#othersWrite,
      transformPastedHTML: cleanPaste,
      handleDOMEvents: {
        beforeinput: undoFromBrowser,
        focus: () => this.#tellLater(),
        blur: () => this.#tellLater(),
      },
      handleClick: (_view, _pos, event) => followLink(event),
      decorations: (state) => this.#placeholder(state),
    });
    leaveScrollingToUs(this.view);
    options.onState(this.view);
  }

  /** The right to write came or went. */
  refresh(): void {
    this.view.setProps({});
    this.#options.onState(this.view);
  }

  focus(): void {
    this.view.focus();
  }

  destroy(): void {
    this.#steady.destroy();
    (this.#steady.scroller as HTMLElement).style.removeProperty("overflow-anchor");
    this.view.destroy();
  }

  #plugins(mapping: ReturnType<typeof initProseMirrorDoc>["mapping"]): Plugin[] {
    const { fragment, awareness, authors, undo, keys } = this.#options;
    const colourOf = authors.colourOf;
    return [
      ySyncPlugin(fragment, { mapping }),
      ...(awareness === undefined ? [] : cursorPlugins(awareness, colourOf)),
      yUndoPlugin({ undoManager: undo }),
      authorGutter(fragment, authors),
      textInputRules(),
      ...textKeymap(keys),
    ];
  }

  #attributes(): Record<string, string> {
    return {
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": this.#options.label,
      // a text without any block yet: the stylesheet shows it
      "aria-placeholder": this.#options.placeholder,
      ...(this.#mayWrite() ? {} : { "aria-readonly": "true", tabindex: "0" }),
    };
  }

  #mayWrite(): boolean {
    return this.#options.mayWrite() && !this.#guard.stuck;
  }

  /** The focus came or went: where it is now is only known after the event. */
  #tellLater(): void {
    setTimeout(() => {
      if (!this.view.isDestroyed) this.#options.onState(this.view);
    });
  }

  #toldStuck(stuck: boolean): void {
    this.#options.onStuck(stuck);
    // in the middle of a change of others: the view is told of its new right afterwards
    queueMicrotask(() => {
      if (!this.view.isDestroyed) this.refresh();
    });
  }

  #dispatch(transaction: Transaction): void {
    // y-prosemirror tells of moved cursors a moment later, when the theme may be closed
    if (this.view.isDestroyed) return;
    const meta: unknown = transaction.getMeta(ySyncPluginKey);
    this.#othersWrite = isOthersChange(meta);
    if (this.#othersWrite) this.#steady.before(() => this.#sight());
    else if (transaction.docChanged || transaction.scrolledIntoView) this.#steady.settle();
    try {
      this.view.updateState(this.view.state.apply(transaction));
    } finally {
      this.#othersWrite = false;
    }
    if (!isNewsForTools(transaction, meta)) return;
    this.#options.onState(this.view);
  }

  /** The line the caret is on, or else the first line that is being read. */
  #sight(): Sight {
    const { view } = this;
    const { scroller } = this.#steady;
    const caret = (): number => view.coordsAtPos(view.state.selection.head).top;
    if (view.hasFocus() && isInView(scroller, caret())) return caret;
    const block = firstInView(scroller, view.dom);
    return () => (block?.isConnected ? block.getBoundingClientRect().top : undefined);
  }

  #placeholder(state: EditorState): DecorationSource | null {
    const first = state.doc.firstChild;
    const empty = state.doc.childCount === 1 && first?.isTextblock && first.content.size === 0;
    if (!empty || first === null) return null;
    const attributes = { "data-placeholder": this.#options.placeholder };
    return DecorationSet.create(state.doc, [Decoration.node(0, first.nodeSize, attributes)]);
  }
}

/** At each change of others y-prosemirror lays out the page to see whether it should scroll the caret
 *  into view. It never should: `SteadyScroll` keeps the line where it is. */
function leaveScrollingToUs(view: EditorView): void {
  const binding: unknown = ySyncPluginKey.getState(view.state)?.binding;
  if (typeof binding === "object" && binding !== null && "_isLocalCursorInView" in binding) {
    binding._isLocalCursorInView = () => false;
  }
}

/** Cursors and text of others change nothing that the tools show; own edits, selections and undo do. */
function isNewsForTools(transaction: Transaction, meta: unknown): boolean {
  if (isOthersChange(meta)) return false;
  return transaction.docChanged || transaction.selectionSet || transaction.storedMarksSet;
}

/** Whether the text can be drawn as it is now; see `binding-guard` for when it cannot. */
export function canDraw(fragment: Y.XmlFragment): boolean {
  try {
    initProseMirrorDoc(fragment, schema);
    return true;
  } catch (error) {
    console.error("the text cannot be drawn:", error);
    return false;
  }
}

function isOthersChange(meta: unknown): boolean {
  if (typeof meta !== "object" || meta === null) return false;
  const { isChangeOrigin, isUndoRedoOperation } = meta as Record<string, unknown>;
  return isChangeOrigin === true && isUndoRedoOperation !== true;
}

/** In editable text a click sets the caret; with Ctrl or Command it follows the link. */
function followLink(event: MouseEvent): boolean {
  if (!(event.ctrlKey || event.metaKey) || !(event.target instanceof Element)) return false;
  const href = safeHref(event.target.closest("a")?.getAttribute("href"));
  if (href === undefined) return false;
  window.open(href, "_blank", "noopener,noreferrer");
  return true;
}
