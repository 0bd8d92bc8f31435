/**
 * One line under the head when something must be known now. A connection that is lost for a
 * moment only shows in the status word: the text does not jump for it.
 */
import { html, LitElement, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../ui/icons";
import { t } from "../ui/words";
import { type Banner, type BannerAction, bannersOf } from "./banner-words";
import { openCopies, openRescues } from "./rescue-dialog";
import type { Status } from "./status";
import type { Work } from "./work";

const SHOWN_AFTER = 1_500;

export class LineBanner extends LitElement {
  readonly #work: Work;
  readonly #endings: (() => void)[] = [];
  #offlineSince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(work: Work) {
    super();
    this.#work = work;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const update = () => this.requestUpdate();
    this.#endings.push(
      this.#work.status.onChange((status) => this.#changed(status)),
      this.#work.rescues.onChange(update),
      this.#work.store.onChange(update),
      this.#work.onPage(update),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    for (const end of this.#endings.splice(0)) end();
  }

  protected override render(): TemplateResult {
    const { status, rescues, store, boot } = this.#work;
    const inputs = {
      name: boot.person.name,
      trouble: store.trouble,
      rescued: rescues.copies.length,
      change: this.#work.change,
    };
    const banners = bannersOf({ ...inputs, status: this.#settled(status.current) });
    return html`${repeat(
      banners,
      ({ title }) => title,
      (banner) => this.#renderBanner(banner),
    )}`;
  }

  #renderBanner({ tone, icon: name, title, text, actions, urgent }: Banner): TemplateResult {
    return html`<div class="banner" data-tone=${tone} role=${urgent ? "alert" : "status"}>
      ${icon(name)}
      <p><b>${title}</b> ${text}</p>
      ${actions.map((action) => this.#renderAction(action))}
    </div>`;
  }

  #renderAction(action: BannerAction): TemplateResult {
    const work = this.#work;
    switch (action) {
      case "sign-in":
        return html`<a class="button" href="/sign-in" target="_blank" rel="noopener"
          >${icon("external-link")} <span>${t("Sign in")}</span></a
        >`;
      case "resume":
        return button(t("Go on"), () => work.resume());
      case "copy":
        return button(t("Show my text"), () => openCopies(work.copiesOfUnsent()));
      case "rescues":
        return button(t("Show"), () => openRescues(work.rescues));
      case "understood":
        return button(t("Close"), () => this.#understood());
      default:
        return action satisfies never;
    }
  }

  #understood(): void {
    this.#work.understood();
    this.requestUpdate();
  }

  /** What the status says, but a short interruption as if the line were coming. */
  #settled(status: Status): Status {
    if (status.word !== "offline" || this.#isLong()) return status;
    return { ...status, word: "connecting" };
  }

  #isLong(): boolean {
    return (
      this.#offlineSince !== undefined && performance.now() - this.#offlineSince >= SHOWN_AFTER
    );
  }

  #changed({ word }: Status): void {
    if (word === "offline" && this.#offlineSince === undefined) {
      this.#offlineSince = performance.now();
      this.#timer = setTimeout(() => this.requestUpdate(), SHOWN_AFTER);
    }
    if (word === "saved" || word === "saving" || word === "read-only") {
      this.#offlineSince = undefined;
      clearTimeout(this.#timer);
    }
    this.requestUpdate();
  }
}

function button(word: string, act: () => void): TemplateResult {
  return html`<button class="button" type="button" @click=${act}><span>${word}</span></button>`;
}

export function defineBanner(): void {
  if (customElements.get("sb-banner") === undefined) {
    customElements.define("sb-banner", LineBanner);
  }
}
