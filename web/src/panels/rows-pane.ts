// What the lists of decisions and actions have in common: rows that people write together, an order
// that does not move under one's hands, and keys to walk through them.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type * as Y from "yjs";
import { undoManager } from "../docs/own";
import type { SharedDocument } from "../docs/shared";
import { icon } from "../ui/icons";
import { registerKeys } from "../ui/keys";
import { t, tn } from "../ui/words";
import { writes } from "../view/place";
import type { Room } from "../view/room";
import { HeldOrder } from "./held-order";
import type { Guest } from "./line";
import { sayRemoved } from "./removed";

const TICK_MS = 20_000;
const PAUSE_MS = 120;

/** What a pane needs of its table; `docs/table` has it. */
export interface RowsSource {
  readonly type: Y.Map<Y.Map<unknown>>;
  onChange(listener: () => void): () => void;
  remove(id: string): void;
}

/** One memory for the two panes that may show a list at once. */
const undos = new WeakMap<RowsSource["type"], Y.UndoManager>();

function undoOf(rows: RowsSource["type"]): Y.UndoManager {
  const known = undos.get(rows) ?? undoManager(rows);
  undos.set(rows, known);
  return known;
}

/** The `data-keys` of the pane that a list stands in. */
export function keysOf(name: string, full: boolean): string {
  return full ? `${name}-full` : name;
}

export abstract class RowsPane<Source extends RowsSource> extends LitElement {
  static override properties = {
    full: { type: Boolean },
    selected: {},
    opened: { state: true },
  };
  /** In the centre: every row is open. In a side pane they open one by one. */
  declare full: boolean;
  /** The row that the address names. */
  declare selected: string | undefined;
  declare protected opened: string | undefined;

  protected readonly room: Room;
  protected readonly shared: SharedDocument;
  protected readonly rows: Source;
  protected readonly undo: Y.UndoManager;
  readonly #order = new HeldOrder();
  readonly #stop: (() => void)[] = [];
  #released = false;
  #held = false;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(room: Room, shared: SharedDocument, rows: Source) {
    super();
    this.room = room;
    this.shared = shared;
    this.rows = rows;
    this.undo = undoOf(rows.type);
    this.full = false;
  }

  /** The document's name on the line, and the name of the pane's keys. */
  protected abstract readonly name: "decisions" | "actions";
  protected abstract wanted(): readonly string[];
  protected abstract renderRow(id: string): TemplateResult;
  /** What stands above the rows in the centre. */
  protected renderHead(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Adds a row of one's own; the name of the field to begin in. */
  protected abstract add(): { readonly id: string; readonly field: string };
  protected abstract words(): {
    readonly add: string;
    readonly empty: string;
    readonly removed: string;
  };

  get mayWrite(): boolean {
    return this.shared.mayWrite;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const again = (): void => this.requestUpdate();
    const tick = window.setInterval(again, TICK_MS);
    this.#stop.push(
      this.rows.onChange(again),
      this.shared.onRights(again),
      this.room.onPlaces((place) => place.document === this.name, this.#soon),
      () => clearTimeout(this.#pause),
      () => window.clearInterval(tick),
      registerKeys([
        { keys: "j", label: t("Next row"), pane: this.pane, run: () => this.#walk(1) },
        { keys: "k", label: t("Previous row"), pane: this.pane, run: () => this.#walk(-1) },
        { keys: "enter", label: t("Open"), pane: this.pane, run: (event) => this.#open(event) },
        { keys: "n", label: t("New"), pane: this.pane, run: () => this.addRow() },
        { keys: "ctrl+z", label: t("Undo"), pane: this.pane, run: () => void this.undo.undo() },
        {
          keys: "ctrl+shift+z",
          label: t("Redo"),
          pane: this.pane,
          run: () => void this.undo.redo(),
        },
      ]),
    );
    this.undo.on("stack-item-popped", this.#followUndo);
    this.addEventListener("keydown", this.#onEscape);
    this.addEventListener("pointerenter", this.#hold);
    this.addEventListener("pointerleave", this.#letGo);
    this.addEventListener("focusin", this.#hold);
    this.addEventListener("focusout", this.#letGo);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop.splice(0)) stop();
    this.undo.off("stack-item-popped", this.#followUndo);
    this.removeEventListener("keydown", this.#onEscape);
    this.removeEventListener("pointerenter", this.#hold);
    this.removeEventListener("pointerleave", this.#letGo);
    this.removeEventListener("focusin", this.#hold);
    this.removeEventListener("focusout", this.#letGo);
  }

  onRights(listener: () => void): () => void {
    return this.shared.onRights(listener);
  }

  /** Brings the row that the address names into view, with the focus on it. */
  showSelected(): void {
    const row = this.selected === undefined ? null : this.rowElement(this.selected);
    row?.scrollIntoView({ block: "nearest" });
    row?.focus();
  }

  /** The document begins anew, or something else takes this place. */
  end(): void {
    this.remove();
  }

  /** Adds a row and puts the caret in it. */
  readonly addRow = (): void => {
    if (!this.mayWrite) return;
    const { id, field } = this.add();
    this.#order.addOwn(id);
    this.opened = id;
    void this.updateComplete.then(() => {
      const row = this.rowElement(id);
      row?.scrollIntoView({ block: "nearest" });
      row?.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus();
    });
  };

  protected removeRow(id: string): void {
    // a step of its own: putting the row back takes back nothing else
    this.undo.stopCapturing();
    this.rows.remove(id);
    this.#released = true;
    this.requestUpdate();
    this.#paneElement()?.focus();
    const said = sayRemoved(this.words().removed, this.undo, () => this.#focusRow(id));
    this.#stop.push(said);
  }

  /** The name under which the keys of this pane are known; the list may stand on the page twice. */
  protected get pane(): string {
    return keysOf(this.name, this.full);
  }

  protected isOpen(id: string): boolean {
    return this.full || this.opened === id;
  }

  protected toggle(id: string): void {
    const opens = this.opened !== id;
    this.opened = opens ? id : undefined;
    if (opens) void this.#focusField(id);
    else this.#focusRow(id);
  }

  /** The button that was pressed is gone with the other shape of the row. */
  #focusRow(id: string): void {
    void this.updateComplete.then(() => this.rowElement(id)?.focus());
  }

  async #focusField(id: string): Promise<void> {
    await this.updateComplete;
    const row = this.rowElement(id);
    const field = row?.querySelector<LitElement>("sb-line, sb-value") ?? undefined;
    // a field draws itself after the row that it stands in
    await field?.updateComplete;
    (field ?? row)?.focus();
  }

  protected writes(id: string, field: string): string {
    return writes(this.name, field, { row: id });
  }

  /** Who else has the caret in a field of a row. */
  protected guest(id: string, field: string): Guest | undefined {
    const [other] = this.room.othersAt(
      (place) => place.document === this.name && place.row === id && place.field === field,
    );
    return other === undefined
      ? undefined
      : {
          name: other.name,
          organisation: other.organisation,
          colour: this.room.colourOf(other.organisation),
        };
  }

  /** The marks of the others who write in a row now. */
  protected writers(id: string): TemplateResult[] {
    const others = this.room.othersAt(
      ({ document, row, field }) => document === this.name && row === id && field !== undefined,
    );
    const codes = new Set(others.map((person) => person.organisation));
    return [...codes].map((code) => this.room.mark(code, { writing: true }));
  }

  protected rowElement(id: string): HTMLElement | null {
    return this.querySelector(`[data-row="${CSS.escape(id)}"]`);
  }

  protected override render(): TemplateResult {
    const wanted = this.wanted();
    const list = this.#released
      ? this.#order.release(wanted)
      : this.#order.show(wanted, this.#held);
    this.#released = false;
    const here = new Set(wanted);
    return html`${this.full ? this.renderHead() : nothing}
      <ol class="rows">
        ${list.waiting === 0 ? nothing : this.#renderNews(list.waiting)}
        ${repeat(
          list.shown,
          (id) => id,
          (id) => html`<li>${here.has(id) ? this.renderRow(id) : this.#renderGone()}</li>`,
        )}
        ${list.shown.length === 0 ? html`<li class="rows-empty">${this.words().empty}</li>` : nothing}
      </ol>`;
  }

  #renderNews(count: number): TemplateResult {
    const accept = (): void => {
      this.#released = true;
      this.requestUpdate();
    };
    return html`<li class="rows-new">
      <button class="button" type="button" @click=${accept}>
        ${icon("arrow-up")} <span>${tn("{n} new", "{n} new", count)}</span>
      </button>
    </li>`;
  }

  #renderGone(): TemplateResult {
    return html`<p class="rows-empty">${t("Removed by somebody else.")}</p>`;
  }

  /** The button that adds a row: a tool in the head of a side pane, with its word in the centre. */
  addTool(): TemplateResult {
    const { add } = this.words();
    if (!this.mayWrite) return html``;
    if (this.full) {
      return html`<button class="button" type="button" @click=${this.addRow}>
        ${icon("plus")} <span>${add}</span> <kbd class="key" aria-hidden="true">N</kbd>
      </button>`;
    }
    return html`<button
      class="tool"
      type="button"
      aria-label=${add}
      title=${`${add} (N)`}
      @click=${this.addRow}
    >
      ${icon("plus")}
    </button>`;
  }

  #paneElement(): HTMLElement | null {
    return this.closest<HTMLElement>("[data-keys]");
  }

  readonly #soon = (): void => {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.requestUpdate();
    }, PAUSE_MS);
  };

  readonly #hold = (): void => {
    this.#held = true;
  };

  readonly #letGo = (): void => {
    // after the browser moved the focus, which may be to another field of this list
    setTimeout(() => {
      this.#held = this.matches(":hover") || this.contains(document.activeElement);
      if (!this.#held) this.requestUpdate();
    });
  };

  #walk(step: 1 | -1): void {
    const rows = [...this.querySelectorAll<HTMLElement>("[data-row]")];
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const next = here < 0 ? (step === 1 ? 0 : rows.length - 1) : here + step;
    rows[Math.min(rows.length - 1, Math.max(0, next))]?.focus();
  }

  #open(event: KeyboardEvent): void {
    const row = event.target instanceof HTMLElement ? event.target.dataset.row : undefined;
    if (row === undefined) {
      // Enter on a button inside: the browser presses it
      if (event.target instanceof HTMLElement) event.target.click();
      return;
    }
    if (this.full) void this.#focusField(row);
    else this.toggle(row);
  }

  /** Esc in an opened row closes it; outside one it keeps its other meanings. */
  readonly #onEscape = (event: KeyboardEvent): void => {
    const { opened } = this;
    if (event.key !== "Escape" || event.isComposing || this.full || opened === undefined) return;
    if (!(event.target instanceof Node) || !this.rowElement(opened)?.contains(event.target)) return;
    event.preventDefault();
    this.toggle(opened);
  };

  readonly #followUndo = (): void => {
    this.#order.follow(this.wanted());
    this.requestUpdate();
  };
}
