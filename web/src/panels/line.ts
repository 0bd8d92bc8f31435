// Text that is edited in its place: `<sb-line>` for a shared text that several people type in at
// once, `<sb-value>` for a short value in which the last one counts. Both show who else is in them.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import type * as Y from "yjs";
import { bindText } from "../docs/text-binding";

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

  /** Browsers without `field-sizing` do not let a field grow with its text. */
  readonly #fit = (): void => {
    if (CSS.supports("field-sizing", "content")) return;
    const field = this.#textarea();
    if (field === null) return;
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${field.scrollHeight}px`);
  };
}

export type ValueKind = "text" | "datetime-local";

export interface Choice {
  readonly value: string;
  readonly word: string;
}

export class ValueLine extends Line {
  static override properties = {
    ...Line.properties,
    value: {},
    kind: {},
    choices: { attribute: false },
    commit: { attribute: false },
    placeholder: {},
  };
  declare value: string;
  declare kind: ValueKind;
  /** With choices it is a list to pick from. */
  declare choices: readonly Choice[] | undefined;
  declare commit: (value: string) => void;
  declare placeholder: string;

  constructor() {
    super();
    this.value = "";
    this.kind = "text";
    this.placeholder = "";
    this.commit = () => {};
  }

  override focus(): void {
    this.querySelector<HTMLElement>("input, select")?.focus();
  }

  protected override field(): TemplateResult {
    return this.choices === undefined ? this.#input() : this.#select(this.choices);
  }

  #input(): TemplateResult {
    return html`<input
      class="line-text"
      type=${this.kind}
      aria-label=${this.label}
      placeholder=${this.placeholder || nothing}
      autocomplete="off"
      @input=${this.#onInput}
      @keydown=${this.#onKey}
    />`;
  }

  #select(choices: readonly Choice[]): TemplateResult {
    return html`<select class="line-text" aria-label=${this.label} @change=${this.#onInput} @keydown=${this.#onKey}>
      ${choices.map(
        ({ value, word }) =>
          html`<option value=${value} ?selected=${value === this.value}>${word}</option>`,
      )}
    </select>`;
  }

  /** The field follows the document, but a value that is being typed is not rewritten by its echo. */
  protected override updated(): void {
    const field = this.querySelector<HTMLInputElement | HTMLSelectElement>("input, select");
    if (field !== null && field.value !== this.value) field.value = this.value;
  }

  readonly #onInput = (event: Event): void => {
    const { target } = event;
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    this.value = target.value;
    this.commit(target.value);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    if (event.target instanceof HTMLSelectElement && event.key === "Enter") return;
    event.preventDefault();
    leaveField(this);
  };
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
