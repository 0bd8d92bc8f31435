// The cursors of others: a caret in their colour and "name · organisation". After three seconds
// still only the organisation remains; in the middle of a line the label stands above it.
import { Plugin } from "prosemirror-state";
import type { DecorationAttrs, EditorView } from "prosemirror-view";
import { yCursorPlugin } from "y-prosemirror";
import type { Awareness } from "y-protocols/awareness";
import type { Transaction } from "yjs";

const STILL_AFTER = 3000;

interface CursorUser {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
}

/** The writer colour 1–7 of an organisation. */
export type ColourOf = (organisation: string) => number;

function asUser(value: unknown): CursorUser | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, organisation, role } = value as Record<string, unknown>;
  return typeof name === "string" && typeof organisation === "string"
    ? { name, organisation, role: String(role) }
    : undefined;
}

function span(className: string, text = ""): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function buildCursor(user: unknown, client: number, colourOf: ColourOf): HTMLElement {
  const cursor = span("cursor");
  cursor.dataset.client = String(client);
  const known = asUser(user);
  if (known === undefined) return cursor;
  cursor.dataset.writer = String(colourOf(known.organisation));
  const label = span("cursor-label");
  label.append(span("cursor-name", `${known.name} · `), known.organisation);
  cursor.append(label);
  return cursor;
}

function selection(user: unknown, colourOf: ColourOf): DecorationAttrs {
  const known = asUser(user);
  const attributes: DecorationAttrs = { class: "cursor-selection" };
  return known === undefined
    ? attributes
    : { ...attributes, "data-writer": String(colourOf(known.organisation)) };
}

type AwarenessListener = (change: AwarenessChange, origin: unknown) => void;

interface AwarenessChange {
  readonly added: number[];
  readonly updated: number[];
  readonly removed: number[];
}

/**
 * The awareness as the cursors need it: only news of others, and only when a cursor moved. Each of
 * one's own keys is a change too, and so is each sign of life; drawing all cursors anew for those
 * would cost as much as the typing itself.
 */
class CursorNews {
  readonly #awareness: Awareness;
  readonly #heard = new Map<AwarenessListener, AwarenessListener>();
  readonly #seen = new Map<number, string>();

  constructor(awareness: Awareness) {
    this.#awareness = awareness;
  }

  get clientID(): number {
    return this.#awareness.clientID;
  }

  getStates(): Map<number, Record<string, unknown>> {
    return this.#awareness.getStates();
  }

  getLocalState(): Record<string, unknown> | null {
    return this.#awareness.getLocalState();
  }

  setLocalStateField(field: string, value: unknown): void {
    this.#awareness.setLocalStateField(field, value);
  }

  on(name: "change", listener: AwarenessListener): void {
    const wrapped: AwarenessListener = (change, origin) => {
      const { added, updated, removed } = change;
      if ([...added, ...updated, ...removed].filter((id) => this.#isNews(id)).length > 0)
        listener(change, origin);
    };
    this.#heard.set(listener, wrapped);
    this.#awareness.on(name, wrapped);
  }

  off(name: "change", listener: AwarenessListener): void {
    const wrapped = this.#heard.get(listener);
    if (wrapped !== undefined) this.#awareness.off(name, wrapped);
    this.#heard.delete(listener);
  }

  #isNews(client: number): boolean {
    if (client === this.#awareness.clientID) return false;
    const { cursor, user } = this.#awareness.getStates().get(client) ?? {};
    const now = JSON.stringify([cursor ?? null, asUser(user) ?? null]);
    if (this.#seen.get(client) === now) return false;
    this.#seen.set(client, now);
    return true;
  }
}

/** The two plugins that draw the others in one text. `awareness` is the workspace's. */
export function cursorPlugins(awareness: Awareness, colourOf: ColourOf): Plugin[] {
  // all that the plugin asks of an awareness
  const news = new CursorNews(awareness) as unknown as Awareness;
  return [
    yCursorPlugin(news, {
      // the awareness may belong to another document than this text: compare with its own id
      awarenessStateFilter: (_own: number, client: number, state: { user?: unknown }) =>
        client !== awareness.clientID && asUser(state.user)?.role !== "observer",
      cursorBuilder: (user: unknown, client: number) => buildCursor(user, client, colourOf),
      selectionBuilder: (user: unknown) => selection(user, colourOf),
    }),
    new Plugin({ view: (view) => new CursorLabels(view, awareness) }),
  ];
}

/** Keeps the labels of the drawn cursors right: y-prosemirror draws each once and moves it. */
class CursorLabels {
  readonly #view: EditorView;
  readonly #awareness: Awareness;
  readonly #seenAt = new Map<number, string>();
  readonly #timers = new Map<number, number>();
  #frame = 0;
  readonly #moved = (): void => this.#noteMoves();
  readonly #wrote = (change: Transaction): void => this.#noteWriters(change);

  constructor(view: EditorView, awareness: Awareness) {
    this.#view = view;
    this.#awareness = awareness;
    awareness.on("change", this.#moved);
    awareness.doc.on("afterTransaction", this.#wrote);
    this.#noteMoves();
  }

  update(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#place();
    });
  }

  destroy(): void {
    this.#awareness.off("change", this.#moved);
    this.#awareness.doc.off("afterTransaction", this.#wrote);
    cancelAnimationFrame(this.#frame);
    for (const timer of this.#timers.values()) window.clearTimeout(timer);
  }

  #noteMoves(): void {
    const states = this.#awareness.getStates();
    for (const [client, state] of states) {
      const place = JSON.stringify(state.cursor ?? null);
      if (this.#seenAt.get(client) === place) continue;
      this.#seenAt.set(client, place);
      this.#restart(client);
    }
    for (const client of this.#seenAt.keys()) if (!states.has(client)) this.#forget(client);
    this.update();
  }

  /** A caret at the end of a text stays "at the end" while its owner types there. */
  #noteWriters({ beforeState, afterState }: Transaction): void {
    for (const [client, clock] of afterState) {
      if (this.#seenAt.has(client) && beforeState.get(client) !== clock) this.#restart(client);
    }
  }

  #restart(client: number): void {
    window.clearTimeout(this.#timers.get(client));
    this.#timers.set(
      client,
      window.setTimeout(() => {
        this.#timers.delete(client);
        this.update();
      }, STILL_AFTER),
    );
  }

  #forget(client: number): void {
    window.clearTimeout(this.#timers.get(client));
    this.#timers.delete(client);
    this.#seenAt.delete(client);
  }

  #place(): void {
    for (const cursor of this.#view.dom.querySelectorAll<HTMLElement>(".cursor[data-client]")) {
      cursor.toggleAttribute("data-still", !this.#timers.has(Number(cursor.dataset.client)));
      cursor.toggleAttribute("data-mid", this.#standsMidLine(cursor));
    }
  }

  #standsMidLine(cursor: HTMLElement): boolean {
    const position = this.#view.state.doc.resolve(this.#view.posAtDOM(cursor, 0));
    if (position.parentOffset >= position.parent.content.size) return false;
    const next = this.#view.coordsAtPos(position.pos, 1);
    return Math.abs(next.top - cursor.getBoundingClientRect().top) < next.bottom - next.top;
  }
}
