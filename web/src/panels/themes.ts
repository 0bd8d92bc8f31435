// The navigation of themes: what there is, how old it is against the incident's rhythm, and who
// writes there now. And the own organisation's picture, when this person may read it.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { newer } from "../docs/attribution";
import type { Author } from "../docs/marks";
import { factsOf, fragment } from "../docs/picture";
import type { SharedDocument } from "../docs/shared";
import { ageMark } from "../ui/age";
import { t } from "../ui/words";
import type { Room } from "../view/room";
import { type Route, routeHash } from "../view/route";

const TICK_MS = 15_000;
const PAUSE_MS = 250;
/** Marks of writers beside a theme; more would push its name away. */
const SHOWN = 2;

/** The last writer of a theme: of its text or of its facts. */
export function newestInTheme(
  room: Room,
  document: SharedDocument,
  theme: string,
): Author | undefined {
  const attribution = room.attribution(document);
  const facts = factsOf(document.doc).type;
  let newest = attribution.newestIn(fragment(document.doc, theme));
  for (const fact of facts.values()) {
    if (fact.get("theme") === theme) newest = newer(newest, attribution.of(fact));
  }
  return newest;
}

export class ThemesNav extends LitElement {
  static override properties = { route: { attribute: false } };
  declare route: Route;
  readonly #room: Room;
  readonly #stop: (() => void)[] = [];
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(room: Room, route: Route) {
    super();
    this.#room = room;
    this.route = route;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const tick = window.setInterval(() => this.requestUpdate(), TICK_MS);
    this.#stop.push(() => window.clearInterval(tick));
    const { ownPicture } = this.#room;
    for (const name of ownPicture === undefined ? ["picture"] : ["picture", ownPicture]) {
      this.#listen(this.#room.docs.get(name));
    }
  }

  #listen(shared: SharedDocument): void {
    const { doc } = shared;
    doc.on("update", this.#soon);
    this.#stop.push(
      () => doc.off("update", this.#soon),
      shared.marks.onChange(this.#soon),
      this.#room.onPlaces(({ document }) => document === shared.document, this.#soon),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
    for (const stop of this.#stop.splice(0)) stop();
  }

  /** Ages and presence need no frame of their own for every keystroke of the room. */
  readonly #soon = (): void => {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.requestUpdate();
    }, PAUSE_MS);
  };

  protected override render(): TemplateResult {
    const { themes } = this.#room.boot.incident;
    const { ownPicture } = this.#room;
    const picture = this.#room.docs.get("picture");
    return html`<h2 class="rail-title">${t("Shared picture")}</h2>
      <ul class="themes">
        ${themes.map(({ id, title }) => this.#renderTheme(picture, id, title))}
      </ul>
      ${ownPicture === undefined ? nothing : this.#renderOwn(ownPicture)}`;
  }

  #renderTheme(picture: SharedDocument, id: string, title: string): TemplateResult {
    const place = picture.document === "picture" ? "picture" : "own";
    const here = this.route.place === place && this.route.theme === id;
    const newest = newestInTheme(this.#room, picture, id);
    const codes = this.#room.writersAt((at) => at.document === picture.document && at.theme === id);
    return html`<li>
      <a
        class="theme"
        href=${routeHash({ place, theme: id })}
        aria-current=${here ? "true" : nothing}
      >
        <span class="theme-name" title=${title}>${title}</span>
        <span class="theme-writers"
          >${codes.slice(0, SHOWN).map((code) => this.#room.mark(code, { writing: true }))}${more(codes)}</span
        >
        ${newest === undefined ? nothing : this.#age(newest)}
      </a>
    </li>`;
  }

  #age(newest: Author): TemplateResult {
    return ageMark(Date.now() - newest.at.getTime(), this.#room.boot.incident.rhythm);
  }

  /** One link while it is closed; its themes while it is open. */
  #renderOwn(name: string): TemplateResult {
    const { organisation } = this.#room.boot.person;
    const { themes } = this.#room.boot.incident;
    const heading = html`<h2 class="rail-title">${t("Own picture")}</h2>`;
    if (this.route.place === "own") {
      const own = this.#room.docs.get(name);
      return html`${heading}
        <ul class="themes">
          ${themes.map(({ id, title }) => this.#renderTheme(own, id, title))}
        </ul>`;
    }
    return html`${heading}
      <ul class="themes">
        <li>
          <a class="theme" href=${routeHash({ place: "own", theme: undefined })}
            >${this.#room.mark(organisation, { named: false })}
            <span class="theme-name">${this.#room.nameOf(organisation)}</span></a
          >
        </li>
      </ul>`;
  }
}

/** Who writes there beside those that are shown. */
function more(codes: readonly string[]): TemplateResult | typeof nothing {
  if (codes.length <= SHOWN) return nothing;
  return html`<span title=${codes.slice(SHOWN).join(", ")}>+${codes.length - SHOWN}</span>`;
}

export function defineThemes(): void {
  if (customElements.get("sb-themes") === undefined) customElements.define("sb-themes", ThemesNav);
}
