/**
 * Rows under random ids in a `Y.Map`: what facts, decisions and actions have in common. A row is
 * a `Y.Map` of plain fields and of texts that several people may type in at once. Every change is
 * one transaction of this person (`edit`), so that undo takes it back as one step.
 */
import * as Y from "yjs";
import { edit } from "./own";

export type Plain = string | number;
type StoredRow = Y.Map<unknown>;

/** A kind of row: its plain fields with what they are when nothing was filled in, its texts. */
export interface RowKind<Fields extends Record<string, Plain>, Text extends string> {
  readonly plain: Fields;
  readonly texts: readonly Text[];
}

export type Row<Fields, Text extends string> = { id: string } & Fields & Record<Text, string>;

export class Table<Fields extends Record<string, Plain> & { order: number }, Text extends string> {
  readonly #doc: Y.Doc;
  readonly #rows: Y.Map<StoredRow>;
  readonly #kind: RowKind<Fields, Text>;

  constructor(doc: Y.Doc, root: string, kind: RowKind<Fields, Text>) {
    this.#doc = doc;
    this.#rows = doc.getMap(root);
    this.#kind = kind;
  }

  /** For an undo manager, and for whoever needs the items themselves (authorship). */
  get type(): Y.Map<StoredRow> {
    return this.#rows;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** All rows in the order that was given to them; rows of one order lie by id, on every screen
   * the same. */
  list(): Row<Fields, Text>[] {
    const rows = [...this.#rows].map(([id, stored]) => this.#read(id, stored));
    return rows.sort((one, other) => one.order - other.order || (one.id < other.id ? -1 : 1));
  }

  get(id: string): Row<Fields, Text> | undefined {
    const stored = this.#rows.get(id);
    return stored === undefined ? undefined : this.#read(id, stored);
  }

  /** The text itself, for an editor to bind to; undefined once somebody removed the row. */
  text(id: string, field: Text): Y.Text | undefined {
    const text = this.#rows.get(id)?.get(field);
    return text instanceof Y.Text ? text : undefined;
  }

  /** A new row, behind all others unless `order` says otherwise. Answers its id. */
  add(fields: Partial<Fields> & Partial<Record<Text, string>> = {}): string {
    const id = crypto.randomUUID();
    edit(this.#doc, () => this.#rows.set(id, this.#make(fields)));
    return id;
  }

  /** Sets one plain field; nothing happens when it has that value, or the row is gone. */
  set<Field extends keyof Fields & string>(id: string, field: Field, value: Fields[Field]): void {
    const stored = this.#rows.get(id);
    if (stored === undefined || stored.get(field) === value) return;
    edit(this.#doc, () => stored.set(field, value));
  }

  /** Sets several plain fields as one step. */
  change(id: string, fields: Partial<Fields>): void {
    const stored = this.#rows.get(id);
    if (stored === undefined) return;
    const news = Object.entries(fields).filter(([field, value]) => stored.get(field) !== value);
    if (news.length === 0) return;
    edit(this.#doc, () => {
      for (const [field, value] of news) stored.set(field, value);
    });
  }

  remove(id: string): void {
    if (this.#rows.has(id)) edit(this.#doc, () => this.#rows.delete(id));
  }

  /** Puts a row between two others (undefined: the edge of the list). */
  place(id: string, before: string | undefined, after: string | undefined): void {
    const [low, high] = [this.#orderOf(before), this.#orderOf(after)];
    if (low !== undefined && high !== undefined) this.#setOrder(id, (low + high) / 2);
    else if (low !== undefined) this.#setOrder(id, low + 1);
    else if (high !== undefined) this.#setOrder(id, high - 1);
  }

  /** Any change in any row, of anybody. */
  onChange(listener: () => void): () => void {
    const hear = () => listener();
    this.#rows.observeDeep(hear);
    return () => this.#rows.unobserveDeep(hear);
  }

  #orderOf(id: string | undefined): number | undefined {
    return id === undefined ? undefined : this.get(id)?.order;
  }

  #setOrder(id: string, order: number): void {
    this.change(id, { order } as Partial<Fields>);
  }

  #make(fields: Partial<Fields> & Partial<Record<Text, string>>): StoredRow {
    const stored: StoredRow = new Y.Map();
    for (const [field, usual] of Object.entries(this.#kind.plain)) {
      stored.set(field, fields[field] ?? (field === "order" ? this.#lastOrder() + 1 : usual));
    }
    for (const field of this.#kind.texts) stored.set(field, new Y.Text(fields[field] ?? ""));
    return stored;
  }

  #lastOrder(): number {
    return Math.max(0, ...this.list().map((row) => row.order));
  }

  /** A row as others may have left it: a field that is missing or of another type is as usual. */
  #read(id: string, stored: StoredRow): Row<Fields, Text> {
    const row: Record<string, Plain> = { id };
    for (const [field, usual] of Object.entries(this.#kind.plain)) {
      const value = stored.get(field);
      row[field] = typeof value === typeof usual ? (value as Plain) : usual;
    }
    for (const field of this.#kind.texts) {
      const text = stored.get(field);
      row[field] = text instanceof Y.Text ? text.toString() : "";
    }
    return row as Row<Fields, Text>;
  }
}
