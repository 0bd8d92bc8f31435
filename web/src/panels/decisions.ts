// The decisions that are being written. All are drafts here: taking one is a formal act, and no
// edit can do that.
import { html, nothing, type TemplateResult } from "lit";
import {
  addDecision,
  type Decision,
  type Decisions,
  type DecisionText,
  decisionsOf,
} from "../docs/rows";
import type { SharedDocument } from "../docs/shared";
import { icon } from "../ui/icons";
import { formatMoment, t } from "../ui/words";
import type { Room } from "../view/room";
import { defineLines } from "./line";
import { RowsPane } from "./rows-pane";
import { sourceTemplate } from "./source-text";

export class DecisionsPane extends RowsPane<Decisions> {
  protected override readonly name = "decisions";

  constructor(room: Room, shared: SharedDocument) {
    super(room, shared, decisionsOf(shared.doc));
  }

  /** The newest draft on top. */
  protected override wanted(): readonly string[] {
    return this.rows
      .list()
      .reverse()
      .map((row) => row.id);
  }

  protected override words() {
    return {
      add: t("New decision"),
      empty: t("No decisions are being written yet."),
      removed: t("The draft was removed. Ctrl Z brings it back."),
    };
  }

  protected override add() {
    const org = this.room.boot.person.organisation;
    return { id: addDecision(this.rows, { org }), field: "title" };
  }

  protected override renderRow(id: string): TemplateResult {
    const row = this.rows.get(id);
    if (row === undefined) return html``;
    const open = this.isOpen(id);
    return html`<article
      class="decision"
      data-row=${id}
      data-state="draft"
      tabindex="-1"
      aria-label=${t("Decision {n}, draft", { n: row.number })}
      aria-current=${this.selected === id ? "true" : nothing}
    >
      <p class="decision-meta">
        ${icon("pencil-line")} <span>${row.number} · ${t("draft")}</span>
        <span class="marks">${this.writers(id)}</span>
        ${this.#renderTeam(row, open)}
      </p>
      <h3 class="decision-title">${this.#renderTitle(row, open)}</h3>
      ${open ? this.#renderMore(row) : this.#renderMarks(row)}
    </article>`;
  }

  #renderTeam(row: Decision, open: boolean): TemplateResult {
    return html`<span class="decision-team">${open && this.mayWrite ? nothing : row.team}</span>`;
  }

  #renderClose(row: Decision): TemplateResult | typeof nothing {
    if (this.full) return nothing;
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

  #renderTitle(row: Decision, open: boolean): TemplateResult {
    if (open) return this.#text(row, "title", t("Decision in one sentence"), true);
    return html`<button
      class="decision-open"
      type="button"
      aria-expanded="false"
      @click=${() => this.toggle(row.id)}
    >
      ${row.title || t("Without a title")}
    </button>`;
  }

  #renderMarks(row: Decision): TemplateResult {
    const at = Date.parse(row.at || row.createdAt);
    return html`<p class="decision-marks">
      ${row.org === "" ? nothing : this.room.mark(row.org)}
      ${Number.isNaN(at) ? nothing : html`<time datetime=${row.at}>${formatMoment(new Date(at))}</time>`}
      ${row.text === "" && row.grounds === "" ? html`<span>${t("no text yet")}</span>` : nothing}
    </p>`;
  }

  #renderMore(row: Decision): TemplateResult {
    return html`<div class="decision-more">
      ${this.#labelled(t("Decision"), this.#text(row, "text", t("What is decided"), false))}
      ${this.#labelled(t("Grounds"), this.#text(row, "grounds", t("Why, and on what evidence"), false))}
      <div class="pairs-line">
        ${this.#labelled(t("Team"), this.#plain(row, "team", t("Team")))}
        ${this.#labelled(t("Organisation"), this.#organisation(row))}
        <span class="row-tools">
          ${this.mayWrite ? this.#renderRemove(row) : nothing} ${this.#renderClose(row)}
        </span>
      </div>
      ${row.source === "" ? nothing : html`<p class="row-source">${t("Source")}: ${sourceTemplate(row.source)}</p>`}
    </div>`;
  }

  #labelled(word: string, field: TemplateResult): TemplateResult {
    return html`<div class="row-field"><span class="label">${word}</span>${field}</div>`;
  }

  #text(row: Decision, field: DecisionText, placeholder: string, single: boolean): TemplateResult {
    if (!this.mayWrite) return html`<p class="row-text">${row[field] || "–"}</p>`;
    return html`<sb-line
      data-field=${field}
      .text=${this.rows.text(row.id, field)}
      .undo=${this.undo}
      .label=${t("{field} of decision {n}", { field: placeholder, n: row.number })}
      .placeholder=${placeholder}
      .single=${single}
      .writes=${this.writes(row.id, field)}
      .guest=${this.guest(row.id, field)}
    ></sb-line>`;
  }

  #plain(row: Decision, field: "team", label: string): TemplateResult {
    if (!this.mayWrite) return html`<span>${row[field] || "–"}</span>`;
    return html`<sb-value
      .value=${row[field]}
      .label=${label}
      .placeholder=${t("for example ROT")}
      .writes=${this.writes(row.id, field)}
      .guest=${this.guest(row.id, field)}
      .commit=${(value: string) => this.rows.set(row.id, field, value)}
    ></sb-value>`;
  }

  #organisation(row: Decision): TemplateResult {
    if (!this.mayWrite) return html`<span>${this.room.nameOf(row.org) || "–"}</span>`;
    return html`<sb-value
      .value=${row.org}
      .label=${t("Organisation")}
      .choices=${this.room.organisationChoices(row.org)}
      .writes=${this.writes(row.id, "org")}
      .guest=${this.guest(row.id, "org")}
      .commit=${(value: string) => this.rows.set(row.id, "org", value)}
    ></sb-value>`;
  }

  #renderRemove(row: Decision): TemplateResult {
    const label = t("Remove decision {n}", { n: row.number });
    return html`<button
      class="tool row-remove"
      type="button"
      aria-label=${label}
      title=${label}
      @click=${() => this.removeRow(row.id)}
    >
      ${icon("trash")}
    </button>`;
  }
}

export function defineDecisions(): void {
  defineLines();
  if (customElements.get("sb-decisions") === undefined)
    customElements.define("sb-decisions", DecisionsPane);
}
