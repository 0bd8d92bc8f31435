/**
 * Who is here. Each page says where it is; the server says who that is, and counts observers.
 * One awareness serves the whole workspace: that of the picture.
 */
import { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { BootPerson, Role } from "../boot";
import { Listeners } from "../net/listeners";

export interface Place {
  document: string;
  theme?: string;
  row?: string;
  field?: string;
}

export interface Person {
  /** The client id of the page they are on: one person may be here twice. */
  client: number;
  name: string;
  organisation: string;
  function: string;
  role: Role;
  place: Place | undefined;
  /** This page. */
  self: boolean;
}

export class Presence {
  #awareness: Awareness;
  #place: Place | undefined;
  readonly #self: Person;
  readonly #changes = new Listeners();
  readonly #replaced = new Listeners();
  readonly #hear = () => this.#changes.tell();

  constructor(doc: Y.Doc, self: BootPerson, role: Role) {
    const { name, organisation, function: post } = self;
    this.#self = {
      client: doc.clientID,
      name,
      organisation,
      function: post,
      role,
      place: undefined,
      self: true,
    };
    this.#awareness = this.#join(doc);
  }

  /** Changes when the picture begins anew (`onReplaced`): cursors are bound to it. */
  get awareness(): Awareness {
    return this.#awareness;
  }

  /** Everybody who is here by name, this page first. Observers are counts, not names. */
  people(): Person[] {
    const others = [...this.#awareness.getStates()]
      .filter(([client]) => client !== this.#awareness.clientID)
      .map(([client, state]) => personOf(client, state))
      .filter((person) => person !== undefined);
    const self = { ...this.#self, client: this.#awareness.clientID, place: this.#place };
    return this.#self.role === "observer" ? others : [self, ...others];
  }

  /** How many observers each organisation has here, by the server's count. */
  observers(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const state of this.#awareness.getStates().values()) {
      for (const [org, count] of Object.entries(recordOf(state.observers))) {
        if (typeof count === "number" && count > 0) counts[org] = (counts[org] ?? 0) + count;
      }
    }
    return counts;
  }

  setPlace(place: Place | undefined): void {
    if (JSON.stringify(place) === JSON.stringify(this.#place)) return;
    this.#place = place;
    this.#awareness.setLocalStateField("place", place);
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  onReplaced(listener: () => void): () => void {
    return this.#replaced.add(listener);
  }

  /** After this page was let in: the server saw us leave, and takes a state of the same clock for
   * the one it has seen. */
  announce(): void {
    this.#awareness.setLocalState({ ...this.#awareness.getLocalState(), ...this.#own() });
  }

  /** The picture begins anew in another Y.Doc. */
  move(doc: Y.Doc): void {
    this.#awareness.destroy();
    this.#awareness = this.#join(doc);
    this.#replaced.tell();
    this.#changes.tell();
  }

  destroy(): void {
    this.#awareness.destroy();
    this.#changes.clear();
    this.#replaced.clear();
  }

  #join(doc: Y.Doc): Awareness {
    const awareness = new Awareness(doc);
    awareness.setLocalState(this.#own());
    awareness.on("change", this.#hear);
    return awareness;
  }

  #own(): Record<string, unknown> {
    return this.#place === undefined ? {} : { place: this.#place };
  }
}

const ROLES: readonly string[] = ["observer", "liaison", "editor", "coordinator"];

/** A state of somebody else; undefined when it carries no stamp of the server. */
function personOf(client: number, state: Record<string, unknown>): Person | undefined {
  const user = recordOf(state.user);
  if (typeof user.name !== "string" || typeof user.organisation !== "string") return undefined;
  return {
    client,
    name: user.name,
    organisation: user.organisation,
    function: textOf(user.function) ?? "",
    role: ROLES.includes(String(user.role)) ? (user.role as Role) : "liaison",
    place: placeOf(state.place),
    self: false,
  };
}

function placeOf(value: unknown): Place | undefined {
  const { document, theme, row, field } = recordOf(value);
  if (typeof document !== "string") return undefined;
  const place: Place = { document };
  if (typeof theme === "string") place.theme = theme;
  if (typeof row === "string") place.row = row;
  if (typeof field === "string") place.field = field;
  return place;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function recordOf(value: unknown): Record<string, unknown> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : {};
}
