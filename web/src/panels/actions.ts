// The list of actions: what, who, before when and how far. Late is a clock with the minutes.
import { html, nothing, type TemplateResult } from "lit";
import {
  type Action,
  type ActionState,
  type Actions,
  actionsOf,
  addAction,
  type Priority,
} from "../docs/rows";
import type { SharedDocument } from "../docs/shared";
import { icon } from "../ui/icons";
import { registerKeys } from "../ui/keys";
import { formatAge, formatDate, formatMoment, formatTime, t } from "../ui/words";
import type { Room } from "../view/room";
import { byDeadline, dueAt, lateBy } from "./deadlines";
import { type Choice, defineLines, type ValueKind } from "./line";
import { RowsPane } from "./rows-pane";
import { sourceTemplate } from "./source-text";

type PlainField = "team" | "org" | "priority" | "state" | "due";

const STATES: readonly ActionState[] = ["open", "busy", "done", "dropped"];
const PRIORITIES: readonly Priority[] = ["urgent", "high", "average", "low"];

export function stateWord(state: string): string {
  switch (state) {
    case "busy":
      return t("busy");
    case "done":
      return t("done");
    case "dropped":
      return t("dropped");
    default:
      return t("open");
  }
}

function priorityWord(priority: string): string {
  switch (priority) {
    case "urgent":
      return t("urgent");
    case "high":
      return t("high");
    case "low":
      return t("low");
    default:
      return t("average");
  }
}

/** Open, busy, done, open again: the step that E takes. */
function nextState(state: string): ActionState {
  if (state === "open") return "busy";
  return state === "busy" ? "done" : "open";
}

export class ActionsPane extends RowsPane<Actions> {
  protected override readonly name = "actions";
  #stopKeys: (() => void) | undefined;

  constructor(room: Room, shared: SharedDocument) {
    super(room, shared, actionsOf(shared.doc));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopKeys = registerKeys([
      { keys: "e", label: t("Next step"), pane: this.pane, run: (event) => this.#step(event) },
    ]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopKeys?.();
  }

  protected override wanted(): readonly string[] {
    return this.rows
      .list()
      .sort(byDeadline)
      .map((row) => row.id);
  }

  protected override words() {
    return {
      add: t("New action"),
      empty: t("No actions yet."),
      removed: t("The action was removed. Ctrl Z brings it back."),
    };
  }

  protected override add() {
    const org = this.room.boot.person.organisation;
    return { id: addAction(this.rows, { org }), field: "what" };
  }

  #step(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const id = target?.closest<HTMLElement>("[data-row]")?.dataset.row;
    const row = id === undefined ? undefined : this.rows.get(id);
    if (row !== undefined && this.mayWrite) this.rows.set(row.id, "state", nextState(row.state));
  }

  /** The names of the columns, where the rows are wide enough to have any. */
  protected override renderHead(): TemplateResult {
    const words = [t("Deadline"), t("Action"), t("Lead"), t("Team"), t("Priority"), t("State")];
    return html`<div class="action-columns" aria-hidden="true">
      ${words.map((word) => html`<span class="label">${word}</span>`)}
    </div>`;
  }

  protected override renderRow(id: string): TemplateResult {
    const row = this.rows.get(id);
    if (row === undefined) return html``;
    const late = lateBy(row, Date.now());
    return html`<article
      class="action"
      data-row=${id}
      data-state=${row.state}
      data-priority=${row.priority}
      data-late=${late === undefined ? nothing : ""}
      data-table=${this.full ? "" : nothing}
      tabindex="-1"
      aria-label=${row.what || t("Without words")}
      aria-current=${this.selected === id ? "true" : nothing}
    >
      ${this.full ? this.#renderFull(row, late) : this.#renderCompact(row, late)}
    </article>`;
  }

  #renderCompact(row: Action, late: number | undefined): TemplateResult {
    const open = this.isOpen(row.id) && this.mayWrite;
    return html`${this.#renderDue(row)}
      <div class="action-what">${open ? this.#text(row) : this.#renderOpener(row)}</div>
      ${open ? this.#renderMore(row, late) : this.#renderMeta(row, late)}`;
  }

  /** One line of a table: each cell is edited where it stands. */
  #renderFull(row: Action, late: number | undefined): TemplateResult {
    if (!this.mayWrite) return this.#renderReading(row, late);
    return html`<div class="action-due">
        ${this.#field(row, "due", t("Deadline"), { kind: "moment" })}
        ${late === undefined ? nothing : this.#late(late)}
      </div>
      <div class="action-what">
        ${this.#text(row)}
        ${row.source === "" ? nothing : html`<p class="row-source">${sourceTemplate(row.source)}</p>`}
      </div>
      ${this.#renderLead(row)} ${this.#field(row, "team", t("Team"))} ${this.#pick(row, "priority")}
      ${this.#pick(row, "state")} ${this.#renderRemove(row)}`;
  }

  /** The same columns for who reads. */
  #renderReading(row: Action, late: number | undefined): TemplateResult {
    return html`<div class="action-due">
        ${this.#renderDue(row)} ${late === undefined ? nothing : this.#late(late)}
      </div>
      <div class="action-what">
        ${row.what || "–"}
        ${row.source === "" ? nothing : html`<p class="row-source">${sourceTemplate(row.source)}</p>`}
      </div>
      <div class="action-cells">
        <span>${row.org === "" ? "–" : this.room.mark(row.org)}</span>
        <span>${row.team || "–"}</span>
        <span>${priorityWord(row.priority)}</span>
        <span>${stateWord(row.state)}</span>
      </div>`;
  }

  /** The mark says who leads in a narrow column; the list to pick from lies over it, unseen. */
  #renderLead(row: Action): TemplateResult {
    return html`<div class="action-lead" title=${this.room.nameOf(row.org) || nothing}>
      <span aria-hidden="true">${row.org === "" ? "–" : this.room.mark(row.org, { named: false })}</span>
      ${this.#pick(row, "org")}
    </div>`;
  }

  #renderDue(row: Action): TemplateResult {
    const due = dueAt(row);
    if (due === undefined) return html`<span class="action-due muted">–</span>`;
    const at = new Date(due);
    const today = formatMoment(at) === formatTime(at);
    return html`<time class="action-due" datetime=${row.due}
      >${formatTime(at)}${today ? nothing : html`<span class="action-day">${formatDate(at)}</span>`}</time
    >`;
  }

  #renderOpener(row: Action): TemplateResult {
    if (!this.mayWrite) return html`${row.what || t("Without words")}`;
    return html`<button
      class="action-open"
      type="button"
      aria-expanded="false"
      @click=${() => this.toggle(row.id)}
    >
      ${row.what || t("Without words")}
    </button>`;
  }

  #renderMeta(row: Action, late: number | undefined): TemplateResult {
    return html`<p class="action-meta">
      ${row.org === "" ? nothing : this.room.mark(row.org)}
      <span class="action-team">${row.team}</span> ${this.writers(row.id)}
      ${this.#renderPriority(row)}
      <span class="action-state">${stateWord(row.state)}</span>
      ${late === undefined ? nothing : this.#late(late)}
    </p>`;
  }

  #renderPriority(row: Action): TemplateResult | typeof nothing {
    if (row.priority !== "urgent" && row.priority !== "high") return nothing;
    return html`<span class="action-priority">${priorityWord(row.priority)}</span>`;
  }

  #late(late: number): TemplateResult {
    return html`<span class="late"
      >${icon("clock-alert")} ${t("{age} late", { age: formatAge(late) })}</span
    >`;
  }

  #renderMore(row: Action, late: number | undefined): TemplateResult {
    return html`<div class="action-more">
      ${late === undefined ? nothing : html`<p>${this.#late(late)}</p>`}
      <div class="pairs-line">
        ${this.#labelled(t("Lead"), this.#pick(row, "org"))}
        ${this.#labelled(t("Team"), this.#field(row, "team", t("Team")))}
        ${this.#labelled(t("Deadline"), this.#field(row, "due", t("Deadline"), { kind: "moment" }))}
        ${this.#labelled(t("Priority"), this.#pick(row, "priority"))}
        ${this.#labelled(t("State"), this.#pick(row, "state"))}
        ${this.#renderDone(row)}
        <span class="row-tools">${this.#renderRemove(row)} ${this.#renderClose(row)}</span>
      </div>
      ${
        row.source === ""
          ? nothing
          : html`<p class="row-source">${t("Source")}: ${sourceTemplate(row.source)}</p>`
      }
    </div>`;
  }

  #labelled(word: string, field: TemplateResult): TemplateResult {
    return html`<div class="row-field">
      <span class="label" aria-hidden="true">${word}</span>${field}
    </div>`;
  }

  /** On a phone, where no key takes the next step. */
  #renderDone(row: Action): TemplateResult | typeof nothing {
    if (row.state === "done" || row.state === "dropped") return nothing;
    const done = (): void => {
      this.rows.set(row.id, "state", "done");
      this.toggle(row.id);
    };
    return html`<button class="button action-done" type="button" @click=${done}>
      ${icon("check")} <span>${t("Done")}</span>
    </button>`;
  }

  #renderRemove(row: Action): TemplateResult {
    return html`<button
      class="tool row-remove"
      type="button"
      aria-label=${t("Remove action")}
      title=${t("Remove action")}
      @click=${() => this.removeRow(row.id)}
    >
      ${icon("trash")}
    </button>`;
  }

  #renderClose(row: Action): TemplateResult {
    return html`<button
      class="tool"
      type="button"
      aria-expanded="true"
      aria-label=${t("Close")}
      @click=${() => this.toggle(row.id)}
    >
      ${icon("x")}
    </button>`;
  }

  #text(row: Action): TemplateResult {
    return html`<sb-line
      data-field="what"
      .text=${this.rows.text(row.id, "what")}
      .undo=${this.undo}
      .label=${t("What has to be done")}
      .placeholder=${t("What has to be done")}
      .single=${true}
      .writes=${this.writes(row.id, "what")}
      .guest=${this.guest(row.id, "what")}
    ></sb-line>`;
  }

  #pick(row: Action, field: "org" | "priority" | "state"): TemplateResult {
    if (field === "org") {
      const choices = this.room.organisationChoices(row.org);
      return this.#field(row, field, t("Lead"), { choices });
    }
    return field === "state"
      ? this.#field(row, field, t("State"), { choices: choicesOf(STATES, stateWord) })
      : this.#field(row, field, t("Priority"), { choices: choicesOf(PRIORITIES, priorityWord) });
  }

  #field(
    row: Action,
    field: PlainField,
    label: string,
    { kind = "text", choices }: { kind?: ValueKind; choices?: readonly Choice[] } = {},
  ): TemplateResult {
    return html`<sb-value
      data-field=${field}
      .value=${row[field]}
      .kind=${kind}
      .label=${label}
      .choices=${choices}
      .writes=${this.writes(row.id, field)}
      .guest=${this.guest(row.id, field)}
      .commit=${(value: string) => this.rows.set(row.id, field, value)}
    ></sb-value>`;
  }
}

function choicesOf<Value extends string>(
  values: readonly Value[],
  word: (value: string) => string,
): Choice[] {
  return values.map((value) => ({ value, word: word(value) }));
}

export function defineActions(): void {
  defineLines();
  if (customElements.get("sb-actions") === undefined)
    customElements.define("sb-actions", ActionsPane);
}
