/**
 * The status word on the screen, always in the same place.
 */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { icon } from "../ui/icons";
import { announce } from "../ui/toast";
import type { Status, StatusSource, Word } from "./status";
import { detailOf, STATUS_ICONS, sentenceOf, wordOf } from "./status-words";

export class StatusWord extends LitElement {
  readonly #source: StatusSource;
  #stop: (() => void) | undefined;
  #lastWord: Word | undefined;

  constructor(source: StatusSource) {
    super();
    this.#source = source;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = this.#source.onChange((status) => this.#changed(status));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override render(): TemplateResult {
    const status = this.#source.current;
    const now = new Date();
    const detail = detailOf(status, now);
    return html`<span class="status" data-status=${status.word} title=${sentenceOf(status, now)}>
      ${icon(STATUS_ICONS[status.word])}
      <b class="status-word">${wordOf(status)}</b>
      ${detail === "" ? nothing : html`<span class="status-detail">${detail}</span>`}
    </span>`;
  }

  /** Each keystroke is saved: that is said aloud only when it had not been for a while. Offline is
   * said by the banner. */
  #changed(status: Status): void {
    if (status.word === "saved" && this.#lastWord === "offline") {
      announce(sentenceOf(status, new Date()));
    }
    if (status.word === "read-only" && this.#lastWord !== undefined) {
      if (this.#lastWord !== "read-only") announce(sentenceOf(status, new Date()));
    }
    if (status.word !== "connecting" && status.word !== "saving") this.#lastWord = status.word;
    this.requestUpdate();
  }
}

export function defineStatus(): void {
  if (customElements.get("sb-status") === undefined) {
    customElements.define("sb-status", StatusWord);
  }
}
