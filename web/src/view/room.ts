// What every part of the workspace asks of: the documents, who is who, and which colour they write in.
import type { TemplateResult } from "lit";
import type { Boot, BootOrganisation } from "../boot";
import { Attribution } from "../docs/attribution";
import type { IncidentDocs } from "../docs/incident";
import type { Person, Place } from "../docs/presence";
import type { SharedDocument } from "../docs/shared";
import { type OrganisationKind, organisationMark, writerColours } from "../ui/marks";

export interface MarkWish {
  /** In the writer colour: they write now. */
  readonly writing?: boolean;
  /** The name does not stand beside the mark. */
  readonly named?: boolean;
}

interface PlaceWatcher {
  readonly fits: (place: Place) => boolean;
  readonly listener: () => void;
  before: string;
}

export class Room {
  readonly boot: Boot;
  readonly docs: IncidentDocs;
  readonly #organisations: ReadonlyMap<string, BootOrganisation>;
  readonly #codes: readonly string[];
  readonly #watchers = new Set<PlaceWatcher>();
  #following = false;
  readonly #attributions = new Map<SharedDocument["doc"], Attribution>();

  constructor(boot: Boot, docs: IncidentDocs) {
    this.boot = boot;
    this.docs = docs;
    this.#organisations = new Map(boot.organisations.map((one) => [one.code, one]));
    const taking = boot.organisations.filter((one) => one.takesPart);
    this.#codes = taking.map((one) => one.code);
    const writes = taking.filter(({ role }) => role === "coordinator" || role === "editor");
    this.colourOf = writerColours(writes.map((one) => one.code));
  }

  /** The organisations that take part, in the incident's order. */
  get codes(): readonly string[] {
    return this.#codes;
  }

  /** The name of the own organisation's picture, when this person may read it. */
  get ownPicture(): string | undefined {
    const name = `picture/${this.boot.person.organisation}`;
    return this.boot.documents.some((one) => one.document === name) ? name : undefined;
  }

  /** The writer colour of an organisation; those that may write get theirs first. */
  readonly colourOf: (code: string) => number;

  readonly kindOf = (code: string): OrganisationKind =>
    this.#organisations.get(code)?.kind ?? "partner";

  readonly nameOf = (code: string): string => this.#organisations.get(code)?.name ?? code;

  /** The organisations to pick from; also the one that was picked and takes no part any more. */
  organisationChoices(picked: string): { value: string; word: string }[] {
    const codes = this.#codes.includes(picked) ? this.#codes : [picked, ...this.#codes];
    return codes.map((code) => ({ value: code, word: this.#spelled(code) }));
  }

  #spelled(code: string): string {
    const name = this.nameOf(code);
    return name === code ? code : `${code} ${name}`;
  }

  mark(code: string, { writing = false, named = true }: MarkWish = {}): TemplateResult {
    return organisationMark(code, this.kindOf(code), {
      writing: writing ? this.colourOf(code) : undefined,
      name: named ? this.nameOf(code) : undefined,
    });
  }

  /** Who wrote what in a document, remembered once for all who ask. */
  attribution(document: SharedDocument): Attribution {
    let found = this.#attributions.get(document.doc);
    if (found === undefined) {
      const made = new Attribution(document.doc, document.marks, this.boot.person);
      document.marks.onChange(() => made.clear());
      this.#attributions.set(document.doc, made);
      found = made;
    }
    return found;
  }

  /** The others whose place fits; somebody who writes names a field. */
  othersAt(fits: (place: Place) => boolean): Person[] {
    return this.docs.presence
      .people()
      .filter((person) => !person.self && person.place !== undefined && fits(person.place));
  }

  /** Calls back when who is where changes for the places that fit. Carets move ten times a second,
   *  and each move is news of presence: almost none of it is news for a list. */
  onPlaces(fits: (place: Place) => boolean, listener: () => void): () => void {
    this.#followPlaces();
    const watcher = { fits, listener, before: this.#placesWhere(fits) };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** One look at all places for all who watch some of them. */
  #followPlaces(): void {
    if (this.#following) return;
    this.#following = true;
    let before = this.#placesWhere(() => true);
    this.docs.presence.onChange(() => {
      const now = this.#placesWhere(() => true);
      if (now === before) return;
      before = now;
      for (const watcher of [...this.#watchers]) {
        const news = this.#placesWhere(watcher.fits);
        if (news === watcher.before) continue;
        watcher.before = news;
        watcher.listener();
      }
    });
  }

  #placesWhere(fits: (place: Place) => boolean): string {
    const people = this.docs.presence.people();
    const there = people.filter(({ place }) => place !== undefined && fits(place));
    return JSON.stringify(
      there.map(({ client, name, organisation, place }) => [client, name, organisation, place]),
    );
  }

  /** The codes of the organisations that write where `fits` says, each once, in a fixed order. */
  writersAt(fits: (place: Place) => boolean): string[] {
    const writing = this.docs.presence
      .people()
      .filter(({ place }) => place?.field !== undefined && fits(place));
    return [...new Set(writing.map((person) => person.organisation))].sort();
  }
}
