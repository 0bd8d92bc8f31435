// The palette (Ctrl K): a combobox in a dialog. Its list is what `registerCommand` was told.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { allCommands, type Command, findCommands } from "./commands";
import { closeOnTheGroundBeside } from "./dialog";
import { icon } from "./icons";
import { keyCaps, registerKeys } from "./keys";
import { t } from "./words";

export { type Command, registerCommand } from "./commands";

const SHOWN = 40;

export class CommandPalette extends LitElement {
  static override properties = { query: { state: true }, place: { state: true } };
  declare query: string;
  declare place: number;

  constructor() {
    super();
    this.query = "";
    this.place = 0;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override firstUpdated(): void {
    closeOnTheGroundBeside(this.#dialog());
  }

  open(): void {
    this.query = "";
    this.place = 0;
    const input = this.#input();
    input.value = "";
    this.requestUpdate();
    this.#dialog().showModal();
    input.focus();
  }

  #dialog(): HTMLDialogElement {
    return this.#part("dialog", HTMLDialogElement);
  }

  #input(): HTMLInputElement {
    return this.#part("input", HTMLInputElement);
  }

  #part<Kind extends Element>(selector: string, kind: new () => Kind): Kind {
    const found = this.querySelector(selector);
    if (!(found instanceof kind)) throw new Error(`the palette has no ${selector}`);
    return found;
  }

  #found(): Command[] {
    return findCommands(allCommands(), this.query).slice(0, SHOWN);
  }

  protected override render(): TemplateResult {
    const found = this.#found();
    return html`<dialog class="palette" aria-label=${t("Find or command")}>
      <div class="palette-field">
        ${icon("search")}
        <input
          class="palette-input"
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant=${found.length > 0 ? `palette-${this.place}` : nothing}
          aria-label=${t("Find or command")}
          placeholder=${t("Find or give a command")}
          autocomplete="off"
          spellcheck="false"
          @input=${this.#onInput}
          @keydown=${(event: KeyboardEvent) => this.#onKey(event, found)}
        />
        <kbd class="key">Esc</kbd>
      </div>
      <ul class="palette-list" id="palette-list" role="listbox" aria-label=${t("Commands")}>
        ${found.map((command, place) => this.#option(command, place))}
      </ul>
      ${found.length === 0 ? this.#nothingFound() : nothing}
    </dialog>`;
  }

  #nothingFound(): TemplateResult {
    const text = t("Nothing found for “{query}”.", { query: this.query });
    return html`<p class="palette-empty" role="status">${text}</p>`;
  }

  #option(command: Command, place: number): TemplateResult {
    return html`<li
      class="palette-option"
      role="option"
      id=${`palette-${place}`}
      aria-selected=${place === this.place}
      @pointermove=${() => {
        this.place = place;
      }}
      @click=${() => this.#run(command)}
    >
      ${command.icon === undefined ? html`<span class="icon"></span>` : icon(command.icon)}
      <span class="palette-title">${command.title}</span>
      ${command.group === undefined ? nothing : html`<span class="muted">${command.group}</span>`}
      ${command.keys === undefined ? nothing : keyCaps(command.keys)}
    </li>`;
  }

  readonly #onInput = (event: Event): void => {
    if (event.target instanceof HTMLInputElement) this.query = event.target.value;
    this.place = 0;
  };

  #onKey(event: KeyboardEvent, found: readonly Command[]): void {
    const last = Math.max(0, found.length - 1);
    const moves: Record<string, number> = {
      ArrowDown: this.place >= last ? 0 : this.place + 1,
      ArrowUp: this.place <= 0 ? last : this.place - 1,
      PageDown: Math.min(last, this.place + 8),
      PageUp: Math.max(0, this.place - 8),
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.place = next;
      void this.updateComplete.then(() => this.#showPlace());
      return;
    }
    const chosen = found[this.place];
    if (event.key !== "Enter" || chosen === undefined || event.isComposing) return;
    event.preventDefault();
    this.#run(chosen);
  }

  #showPlace(): void {
    this.querySelector(`#palette-${this.place}`)?.scrollIntoView({ block: "nearest" });
  }

  #run(command: Command): void {
    this.#dialog().close();
    command.run();
  }
}

/** Puts the palette into `host` and gives it its key and its button. */
export function mountPalette(host: HTMLElement): CommandPalette {
  if (customElements.get("sb-command") === undefined)
    customElements.define("sb-command", CommandPalette);
  const palette = new CommandPalette();
  host.replaceChildren(palette);
  registerKeys([{ keys: "ctrl+k", label: t("Find or command"), run: () => palette.open() }]);
  for (const button of document.querySelectorAll<HTMLElement>("[data-opens=command]")) {
    button.hidden = false;
    button.addEventListener("click", () => palette.open());
  }
  return palette;
}
