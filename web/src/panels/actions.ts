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
import { type Choice, defineLines } from "./line";
import { RowsPane } from "./rows-pane";
import { fromWallTime, toWallTime } from "./wall-time";

type PlainField = "team" | "org" | "priority" | "state";

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
      { keys: "e", label: t("Next step"), pane: this.name, run: (event) => this.#step(event) },
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

  protected override renderRow(id: string): TemplateResult {
    const row = this.rows.get(id);
    if (row === undefined) return html``;
    const late = lateBy(row, Date.now());
    const open = this.isOpen(id);
    return html`<article
      class="action"
      data-row=${id}
      data-state=${row.state}
      data-priority=${row.priority}
      data-late=${late === undefined ? nothing : ""}
      tabindex="-1"
      aria-label=${row.what || t("Without words")}
      aria-current=${this.selected === id ? "true" : nothing}
    >
      ${this.#renderDue(row)}
      <div class="action-what">${this.#renderWhat(row, open)}</div>
      ${open ? this.#renderMore(row, late) : this.#renderMeta(row, late)}
    </article>`;
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

  #renderWhat(row: Action, open: boolean): TemplateResult {
    if (open && this.mayWrite) return this.#text(row);
    if (this.full) return html`<span>${row.what || "–"}</span>`;
    return html`<button
      class="action-open"
      type="button"
      aria-expanded=${open}
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
      ${late === undefined ? html`<span class="action-state">${stateWord(row.state)}</span>` : this.#late(late)}
    </p>`;
  }

  #renderPriority(row: Action): TemplateResult | typeof nothing {
    if (row.priority !== "urgent" && row.priority !== "high") return nothing;
    return html`<span class="action-priority">${priorityWord(row.priority)}</span>`;
  }

  #late(late: number): TemplateResult {
    return html`<span class="late">${icon("clock-alert")} ${t("{age} late", { age: formatAge(late) })}</span>`;
  }

  #renderMore(row: Action, late: number | undefined): TemplateResult {
    if (!this.mayWrite) return this.#renderMeta(row, late);
    const states = STATES.map((value): Choice => ({ value, word: stateWord(value) }));
    const priorities = PRIORITIES.map((value): Choice => ({ value, word: priorityWord(value) }));
    return html`<div class="action-more">
      ${late === undefined ? nothing : html`<p>${this.#late(late)}</p>`}
      <div class="pairs-line">
        ${this.#field(row, "org", t("Lead"), this.room.organisationChoices(row.org))}
        ${this.#field(row, "team", t("Team"))} ${this.#due(row)}
        ${this.#field(row, "priority", t("Priority"), priorities)}
        ${this.#field(row, "state", t("State"), states)} ${this.#renderTools(row)}
      </div>
      ${row.source === "" ? nothing : html`<p class="muted">${t("Source")}: ${row.source}</p>`}
    </div>`;
  }

  #renderTools(row: Action): TemplateResult {
    const close = html`<button
      class="tool"
      type="button"
      aria-expanded="true"
      aria-label=${t("Close")}
      @click=${() => this.toggle(row.id)}
    >
      ${icon("x")}
    </button>`;
    return html`<span class="row-tools">
      <button
        class="tool row-remove"
        type="button"
        aria-label=${t("Remove action")}
        title=${t("Remove action")}
        @click=${() => this.removeRow(row.id)}
      >
        ${icon("trash")}
      </button>
      ${this.full ? nothing : close}
    </span>`;
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

  #field(
    row: Action,
    field: PlainField,
    label: string,
    choices?: readonly Choice[],
  ): TemplateResult {
    return html`<div class="row-field">
      <span class="label">${label}</span>
      <sb-value
        .value=${row[field]}
        .label=${label}
        .choices=${choices}
        .writes=${this.writes(row.id, field)}
        .guest=${this.guest(row.id, field)}
        .commit=${(value: string) => this.rows.set(row.id, field, value)}
      ></sb-value>
    </div>`;
  }

  #due(row: Action): TemplateResult {
    return html`<div class="row-field">
      <span class="label">${t("Deadline")}</span>
      <sb-value
        .value=${toWallTime(row.due)}
        .kind=${"datetime-local"}
        .label=${t("Deadline")}
        .writes=${this.writes(row.id, "due")}
        .guest=${this.guest(row.id, "due")}
        .commit=${(value: string) => this.rows.set(row.id, "due", fromWallTime(value))}
      ></sb-value>
    </div>`;
  }
}

export function defineActions(): void {
  defineLines();
  if (customElements.get("sb-actions") === undefined)
    customElements.define("sb-actions", ActionsPane);
}
