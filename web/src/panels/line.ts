// Text that is edited in its place: `<sb-line>` for a shared text that several people type in at
// once, `<sb-value>` for a short value in which the last one counts. Both show who else is in them.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type * as Y from "yjs";
import { bindText } from "../docs/text-binding";
import { t } from "../ui/words";
import { parseMoment, shownMoment } from "./typed-moment";

/** Somebody else whose caret is in the field. */
export interface Guest {
  readonly name: string;
  readonly organisation: string;
  readonly colour: number;
}

abstract class Line extends LitElement {
  static override properties = {
    label: {},
    writes: {},
    guest: { attribute: false, hasChanged: isOtherGuest },
  };
  declare label: string;
  /** See `view/place`. */
  declare writes: string;
  declare guest: Guest | undefined;

  constructor() {
    super();
    this.label = "";
    this.writes = "";
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected abstract field(): TemplateResult;

  protected override render(): TemplateResult {
    const { guest } = this;
    return html`<div class="line" data-writes=${this.writes} data-writer=${guest?.colour ?? nothing}>
      ${this.field()}
      ${
        guest === undefined
          ? nothing
          : html`<span class="line-who">${guest.name} · ${guest.organisation}</span>`
      }
    </div>`;
  }
}

function isOtherGuest(one: Guest | undefined, other: Guest | undefined): boolean {
  return one?.name !== other?.name || one?.organisation !== other?.organisation;
}

export class SharedLine extends Line {
  static override properties = {
    ...Line.properties,
    text: { attribute: false },
    undo: { attribute: false },
    single: { type: Boolean },
    placeholder: {},
  };
  declare text: Y.Text | undefined;
  declare undo: Y.UndoManager | undefined;
  /** One line of meaning (a title): Enter leaves the field. It may still wrap. */
  declare single: boolean;
  declare placeholder: string;
  #unbind: (() => void) | undefined;

  constructor() {
    super();
    this.single = false;
    this.placeholder = "";
  }

  override focus(): void {
    this.#textarea()?.focus();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#bind();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#release();
  }

  protected override field(): TemplateResult {
    return html`<textarea
      class="line-text"
      rows="1"
      aria-label=${this.label}
      placeholder=${this.placeholder || nothing}
      @keydown=${this.#onKey}
      @input=${this.#fit}
    ></textarea>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("text") || changed.has("undo")) this.#bind();
  }

  #bind(): void {
    this.#release();
    const field = this.#textarea();
    const { text, undo } = this;
    if (field === null || text === undefined) return;
    const unbind = bindText(field, text, {
      ...(undo === undefined ? {} : { undo }),
      singleLine: this.single,
    });
    text.observe(this.#fit);
    this.#unbind = () => {
      text.unobserve(this.#fit);
      unbind();
    };
    this.#fit();
  }

  #release(): void {
    this.#unbind?.();
    this.#unbind = undefined;
  }

  #textarea(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Escape" || (this.single && event.key === "Enter")) {
      event.preventDefault();
      leaveField(this);
    }
  };

  readonly #fit = (): void => {
    const field = this.#textarea();
    if (field !== null) fitHeight(field);
  };
}

/** `words` may wrap; `moment` is a time, typed as people type it. */
export type ValueKind = "text" | "words" | "moment";

export interface Choice {
  readonly value: string;
  readonly word: string;
}

type ValueField = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export class ValueLine extends Line {
  static override properties = {
    ...Line.properties,
    value: {},
    kind: {},
    choices: { attribute: false },
    commit: { attribute: false },
    placeholder: {},
    wrong: { state: true },
  };
  /** What the document holds; a moment in ISO. */
  declare value: string;
  declare kind: ValueKind;
  /** With choices it is a list to pick from. */
  declare choices: readonly Choice[] | undefined;
  declare commit: (value: string) => void;
  declare placeholder: string;
  declare protected wrong: boolean;

  constructor() {
    super();
    this.value = "";
    this.kind = "text";
    this.placeholder = "";
    this.wrong = false;
    this.commit = () => {};
  }

  override focus(): void {
    this.#element()?.focus();
  }

  protected override field(): TemplateResult {
    if (this.choices !== undefined) return this.#select(this.choices);
    return this.kind === "words" ? this.#words() : this.#input();
  }

  #input(): TemplateResult {
    return html`<input
      class="line-text"
      type="text"
      aria-label=${this.label}
      aria-invalid=${this.wrong ? "true" : nothing}
      placeholder=${this.placeholder || nothing}
      autocomplete="off"
      @input=${this.#onInput}
      @change=${this.#onChange}
      @keydown=${this.#onKey}
    />${this.wrong ? html`<span class="field-error" role="alert">${t("for example 03:15 or +30")}</span>` : nothing}`;
  }

  #words(): TemplateResult {
    return html`<textarea
      class="line-text"
      rows="1"
      aria-label=${this.label}
      placeholder=${this.placeholder || nothing}
      @input=${this.#onInput}
      @keydown=${this.#onKey}
    ></textarea>`;
  }

  #select(choices: readonly Choice[]): TemplateResult {
    return html`<select class="line-text" aria-label=${this.label} @change=${this.#onInput} @keydown=${this.#onKey}>
      ${choices.map(
        ({ value, word }) =>
          html`<option value=${value} ?selected=${value === this.value}>${word}</option>`,
      )}
    </select>`;
  }

  #element(): ValueField | null {
    return this.querySelector<ValueField>("input, select, textarea");
  }

  /** The field follows the document, but what is being typed is not rewritten by its echo. */
  protected override updated(changed: PropertyValues<this>): void {
    const field = this.#element();
    if (field === null) return;
    const typing = this.kind === "moment" && field.matches(":focus") && !changed.has("value");
    const shown = this.kind === "moment" ? shownMoment(this.value) : this.value;
    if (!typing && !this.wrong && field.value !== shown) field.value = shown;
    if (field instanceof HTMLTextAreaElement) fitHeight(field);
  }

  readonly #onInput = (event: Event): void => {
    const field = this.#element();
    if (field === null || event.target !== field || this.kind === "moment") return;
    this.value = field.value;
    this.commit(field.value);
  };

  /** A time is only a time when it is finished. */
  readonly #onChange = (): void => {
    const field = this.#element();
    if (field === null || this.kind !== "moment") return;
    const iso = parseMoment(field.value);
    this.wrong = iso === undefined;
    if (iso === undefined) return;
    this.value = iso;
    this.commit(iso);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    if (event.target instanceof HTMLSelectElement && event.key === "Enter") return;
    event.preventDefault();
    leaveField(this);
  };
}

/** Browsers without `field-sizing` do not let a field grow with its text. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.setProperty("height", "auto");
  field.style.setProperty("height", `${field.scrollHeight}px`);
}

/** Esc leaves the text: the focus goes to the row or pane around it, where single keys work. */
function leaveField(field: HTMLElement): void {
  const around = field.parentElement?.closest<HTMLElement>('[tabindex="-1"]');
  if (around === null || around === undefined)
    (document.activeElement as HTMLElement | null)?.blur();
  else around.focus();
}

export function defineLines(): void {
  if (customElements.get("sb-line") !== undefined) return;
  customElements.define("sb-line", SharedLine);
  customElements.define("sb-value", ValueLine);
}
