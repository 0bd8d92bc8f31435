// The foot: who is here, by organisation. Who only looks on is a count; a click tells the names.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Person } from "../docs/presence";
import { openDialog } from "../ui/dialog";
import { t, tn } from "../ui/words";
import type { Room } from "../view/room";

export class PresenceFoot extends LitElement {
  readonly #room: Room;
  #stop: (() => void) | undefined;

  constructor(room: Room) {
    super();
    this.#room = room;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const { presence } = this.#room.docs;
    let before = "";
    this.#stop = presence.onChange(() => {
      const now = JSON.stringify([presence.people(), presence.observers()]);
      if (now !== before) this.requestUpdate();
      before = now;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
  }

  protected override render(): TemplateResult {
    const groups = byOrganisation(this.#room.docs.presence.people());
    const total = groups.reduce((sum, { people }) => sum + people.length, 0);
    const observers = Object.entries(this.#room.docs.presence.observers());
    return html`<p class="presence">
      <button class="presence-total" type="button" @click=${this.open}>
        ${t("Here now {n}", { n: total })}
      </button>
      ${groups.map((group) => this.#renderGroup(group))}
      ${observers.length === 0 ? nothing : this.#renderObservers(observers)}
    </p>`;
  }

  #renderGroup({ code, people }: Group): TemplateResult {
    const writing = people.some((person) => person.place?.field !== undefined);
    const name = this.#room.nameOf(code);
    return html`<button
      class="presence-org"
      type="button"
      title=${people.map((person) => person.name).join(", ")}
      @click=${this.open}
    >
      ${this.#room.mark(code, { writing, named: false })} <span>${people.length}</span>
      <span class="sr-only">${tn("{org}: {n} person", "{org}: {n} people", people.length, { org: name })}</span>
    </button>`;
  }

  #renderObservers(counts: readonly [string, number][]): TemplateResult {
    return html`<span class="presence-line"></span> <span>${t("observing")}</span>
      ${counts.map(
        ([code, count]) =>
          html`<span class="presence-org">${this.#room.mark(code)} <span>${count}</span></span>`,
      )}`;
  }

  /** The names, per organisation, and what each has open. */
  readonly open = (): void => {
    const groups = byOrganisation(this.#room.docs.presence.people());
    openDialog(
      t("Here now"),
      html`<dl class="presence-list">
        ${groups.map(
          ({ code, people }) => html`<dt>
              ${this.#room.mark(code, { named: false })} ${this.#room.nameOf(code)}
            </dt>
            ${people.map((person) => this.#renderPerson(person))}`,
        )}
      </dl>`,
    );
  };

  #renderPerson(person: Person): TemplateResult {
    const where = this.#whereIs(person);
    return html`<dd>
      <span>${person.name}${person.self ? ` (${t("you")})` : ""}</span>
      <span class="muted">${[person.function, where].filter(Boolean).join(" · ")}</span>
    </dd>`;
  }

  #whereIs({ place }: Person): string {
    if (place === undefined) return "";
    const theme = this.#room.boot.incident.themes.find(({ id }) => id === place.theme)?.title;
    const name = documentWord(place.document);
    const at = theme ?? name;
    return place.field === undefined ? at : t("writes in {place}", { place: at });
  }
}

function documentWord(document: string): string {
  if (document === "decisions") return t("Decisions");
  if (document === "actions") return t("Actions");
  return document === "picture" ? t("Picture") : t("Own picture");
}

export interface Group {
  readonly code: string;
  readonly people: readonly Person[];
}

/** Each person once, however many pages they have open; the largest organisation first. */
export function byOrganisation(people: readonly Person[]): Group[] {
  const groups = new Map<string, Map<string, Person>>();
  for (const person of people) {
    const group = groups.get(person.organisation) ?? new Map<string, Person>();
    const key = `${person.name}\n${person.function}`;
    const known = group.get(key);
    if (known?.place?.field === undefined) group.set(key, known?.self ? known : person);
    groups.set(person.organisation, group);
  }
  return [...groups]
    .map(([code, group]) => ({ code, people: [...group.values()] }))
    .sort(
      (one, other) => other.people.length - one.people.length || (one.code < other.code ? -1 : 1),
    );
}

export function definePresence(): void {
  if (customElements.get("sb-presence") === undefined)
    customElements.define("sb-presence", PresenceFoot);
}
