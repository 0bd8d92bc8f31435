// The key facts of a theme: a label, a value with its unit, who says so, when, and the source. Each
// is edited in its place; the last one who writes a value counts, and who is in it is shown.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type * as Y from "yjs";
import { undoManager } from "../docs/own";
import { type Fact, type FactFields, type Facts, factsOf, factsOfTheme } from "../docs/picture";
import type { SharedDocument } from "../docs/shared";
import { icon } from "../ui/icons";
import { registerKeys } from "../ui/keys";
import { formatMoment, t } from "../ui/words";
import { writes } from "../view/place";
import type { Room } from "../view/room";
import { type Choice, defineLines, type Guest, type ValueKind } from "./line";
import { sayRemoved } from "./removed";
import { sourceTemplate } from "./source-text";

/** Colours beside a field may follow a little later. */
const PAUSE_MS = 120;

const KINDS: Partial<Record<Field, ValueKind>> = { label: "words", at: "moment", source: "words" };

type Field = "label" | "value" | "unit" | "org" | "at" | "source";

export class FactsTable extends LitElement {
  static override properties = { theme: {}, editing: { state: true } };
  declare theme: string;
  declare protected editing: string | undefined;

  readonly #room: Room;
  readonly #document: SharedDocument;
  readonly #name: string;
  readonly #facts: Facts;
  readonly #undo: Y.UndoManager;
  readonly #stop: (() => void)[] = [];
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** `name` is the document's: the facts of an own picture are written there. */
  constructor(room: Room, document: SharedDocument, name: string) {
    super();
    this.#room = room;
    this.#document = document;
    this.#name = name;
    this.#facts = factsOf(document.doc);
    this.#undo = undoManager(this.#facts.type);
    this.theme = "";
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const again = (): void => this.requestUpdate();
    this.#stop.push(
      this.#facts.onChange(again),
      this.#document.onRights(again),
      this.#room.onPlaces(
        ({ document, row }) => document === this.#name && row !== undefined,
        this.#soon,
      ),
      () => clearTimeout(this.#pause),
    );
    this.#stop.push(
      registerKeys([
        { keys: "ctrl+z", label: t("Undo"), pane: "picture", run: () => void this.#undo.undo() },
      ]),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop.splice(0)) stop();
  }

  end(): void {
    this.#undo.destroy();
    this.remove();
  }

  /** Adds a fact to this theme and puts the caret in it. */
  readonly add = (): void => {
    if (!this.#document.mayWrite) return;
    const org = this.#room.boot.person.organisation;
    const id = this.#facts.add({ theme: this.theme, org, at: new Date().toISOString() });
    this.editing = id;
    void this.updateComplete.then(() => {
      this.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] sb-value`)?.focus();
    });
  };

  readonly #soon = (): void => {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.requestUpdate();
    }, PAUSE_MS);
  };

  protected override render(): TemplateResult {
    const facts = factsOfTheme(this.#facts, this.theme);
    if (facts.length === 0 && !this.#document.mayWrite) return html``;
    return html`<div class="facts-block">
      ${facts.length === 0 ? nothing : this.#renderTable(facts)}
      ${this.#document.mayWrite ? this.#renderAdd() : nothing}
    </div>`;
  }

  /** On a phone; elsewhere the button stands in the row of tools. */
  #renderAdd(): TemplateResult {
    return html`<p class="facts-add">
      <button class="button" data-kind="quiet" type="button" @click=${this.add}>
        ${icon("plus")} <span>${t("New fact")}</span>
      </button>
    </p>`;
  }

  #renderTable(facts: readonly Fact[]): TemplateResult {
    return html`<table class="facts">
      <caption class="sr-only">
        ${t("Key facts")}
      </caption>
      <tbody>
        ${repeat(
          facts,
          (fact) => fact.id,
          (fact) => this.#renderFact(fact),
        )}
      </tbody>
    </table>`;
  }

  #renderFact(fact: Fact): TemplateResult {
    const editing = this.#document.mayWrite && this.editing === fact.id;
    return html`<tr class="fact" data-row=${fact.id} data-editing=${editing ? "" : nothing}>
        <th scope="row" class="fact-label">${this.#cell(fact, "label", t("Fact"))}</th>
        <td class="fact-value">${this.#cell(fact, "value", t("Value"))}</td>
        <td class="fact-unit">${this.#cell(fact, "unit", t("Unit"))}</td>
        <td class="fact-org">${fact.org === "" ? nothing : this.#room.mark(fact.org)}</td>
        <td class="fact-at">${moment(fact.at)}</td>
        <td class="fact-source">${sourceTemplate(fact.source)}</td>
        <td class="fact-tools">${this.#document.mayWrite ? this.#renderTool(fact, editing) : nothing}</td>
      </tr>
      ${editing ? this.#renderMore(fact) : nothing}`;
  }

  #renderTool(fact: Fact, editing: boolean): TemplateResult {
    const label = t("Source and time of {fact}", { fact: fact.label || t("this fact") });
    return html`<button
      class="tool"
      type="button"
      aria-expanded=${editing}
      aria-label=${label}
      title=${label}
      @click=${() => {
        this.editing = editing ? undefined : fact.id;
      }}
    >
      ${icon(editing ? "x" : "ellipsis-vertical")}
    </button>`;
  }

  /** Below the row: who says so, when, where from, and the way to remove it. */
  #renderMore(fact: Fact): TemplateResult {
    const organisations = this.#room.organisationChoices(fact.org);
    return html`<tr class="fact-more">
      <td colspan="7">
        <div class="pairs-line">
          ${this.#labelled(t("Organisation"), this.#cell(fact, "org", t("Organisation"), organisations))}
          ${this.#labelled(t("Time"), this.#cell(fact, "at", t("Time")))}
          ${this.#labelled(t("Source"), this.#cell(fact, "source", t("Source")))}
          <button class="button" data-kind="quiet" type="button" @click=${() => this.#remove(fact)}>
            ${icon("trash")} <span>${t("Remove")}</span>
          </button>
        </div>
      </td>
    </tr>`;
  }

  #labelled(word: string, field: TemplateResult | string): TemplateResult {
    return html`<div class="row-field"><span class="label">${word}</span>${field}</div>`;
  }

  #cell(
    fact: Fact,
    field: Field,
    label: string,
    choices?: readonly Choice[],
  ): TemplateResult | string {
    if (!this.#document.mayWrite) return fact[field];
    const kind: ValueKind = KINDS[field] ?? "text";
    return html`<sb-value
      .value=${fact[field]}
      .kind=${kind}
      .choices=${choices}
      .label=${`${label}: ${fact.label}`}
      .placeholder=${label}
      .writes=${writes(this.#name, field, { theme: this.theme, row: fact.id })}
      .guest=${this.#guest(fact.id, field)}
      .commit=${(value: string) => this.#commit(fact, field, value)}
    ></sb-value>`;
  }

  /** Whoever changes a value says it now, for their organisation; they may correct both below. */
  #commit(fact: Fact, field: Field, value: string): void {
    if (field === "value") this.#facts.change(fact.id, this.#restated(value));
    else this.#facts.set(fact.id, field, value);
  }

  #restated(value: string): Partial<FactFields> {
    const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
    return { value, org: this.#room.boot.person.organisation, at: minute.toISOString() };
  }

  #guest(id: string, field: Field): Guest | undefined {
    const [other] = this.#room.othersAt(
      (place) => place.document === this.#name && place.row === id && place.field === field,
    );
    if (other === undefined) return undefined;
    const { name, organisation } = other;
    return { name, organisation, colour: this.#room.colourOf(organisation) };
  }

  #remove(fact: Fact): void {
    // a step of its own: putting the fact back takes back nothing else
    this.#undo.stopCapturing();
    this.#facts.remove(fact.id);
    const pane = this.closest<HTMLElement>("[data-keys]");
    pane?.focus();
    const text = t("The fact was removed. Ctrl Z brings it back.");
    this.#stop.push(sayRemoved(text, this.#undo, () => pane?.focus()));
  }
}

function moment(iso: string): TemplateResult | typeof nothing {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return nothing;
  return html`<time datetime=${iso}>${formatMoment(new Date(at))}</time>`;
}

export function defineFacts(): void {
  defineLines();
  if (customElements.get("sb-facts") === undefined) customElements.define("sb-facts", FactsTable);
}
