// Who wrote a block last, and when.
//
// A Yjs item knows the client that made it; the server's authorship marks say which person that
// client was at that moment. Deleting leaves no name behind: a block's last writer is the one who
// made the newest thing that still stands in it.
import * as Y from "yjs";
import type { BootPerson } from "../boot";
import type { Author } from "./marks";

export interface AuthorMarks {
  authorOf(client: number, clock: number): Author | undefined;
}

/** What is needed of a shared type; Yjs' own class is different for each kind of event. */
export interface SharedType {
  readonly _item: Y.Item | null;
  readonly _start: Y.Item | null;
  readonly _map: Map<string, Y.Item>;
}

/** The type that `type` stands in; undefined for a root. */
export function parentOf(type: SharedType): SharedType | undefined {
  const parent = type._item?.parent;
  return parent instanceof Y.AbstractType ? parent : undefined;
}

/** The newest author among what stands in `type`; `skip` leaves out parts that count for themselves. */
export function lastWrite(
  type: SharedType,
  marks: AuthorMarks,
  skip: (part: SharedType) => boolean = () => false,
): Author | undefined {
  let newest = type._item === null ? undefined : authorOf(type._item, marks);
  for (const item of itemsOf(type)) {
    const part = item.content instanceof Y.ContentType ? item.content.type : undefined;
    if (item.deleted || (part !== undefined && skip(part))) continue;
    newest = newer(newest, authorOf(item, marks));
    if (part !== undefined) newest = newer(newest, lastWrite(part, marks, skip));
  }
  return newest;
}

function* itemsOf(type: SharedType): Iterable<Y.Item> {
  for (let item = type._start; item !== null; item = item.right) yield item;
  yield* type._map.values();
}

function authorOf(item: Y.Item, marks: AuthorMarks): Author | undefined {
  return marks.authorOf(item.id.client, item.id.clock + item.length - 1);
}

/** The later of two; either may be missing. */
export function newer(one: Author | undefined, other: Author | undefined): Author | undefined {
  if (one === undefined) return other;
  return other !== undefined && other.at > one.at ? other : one;
}

interface Nobody {
  readonly nobody: true;
}
const NOBODY: Nobody = { nobody: true };

function isList(part: SharedType): boolean {
  return part instanceof Y.XmlElement && part.nodeName.endsWith("_list");
}

function elementsOf(parent: Y.XmlFragment): Y.XmlElement[] {
  return parent.toArray().filter((part): part is Y.XmlElement => part instanceof Y.XmlElement);
}

/**
 * Remembers the last write per block, so that a keystroke costs one block and not the text.
 */
export class Attribution {
  #known = new WeakMap<SharedType, Author | Nobody>();
  readonly #marks: AuthorMarks;
  readonly #doc: Y.Doc;
  // before the observers: the editor draws in an observer, and must not find yesterday's author
  readonly #forget = (transaction: Y.Transaction): void => {
    for (const changed of transaction.changed.keys()) {
      let type: SharedType | undefined = changed;
      for (; type !== undefined; type = parentOf(type)) this.#known.delete(type);
    }
  };

  /** `self` has written what the server has not stored yet. */
  constructor(doc: Y.Doc, marks: AuthorMarks, self: BootPerson) {
    this.#doc = doc;
    this.#marks = {
      authorOf: (client, clock) =>
        marks.authorOf(client, clock) ??
        (client === doc.clientID
          ? { org: self.organisation, name: self.name, at: new Date() }
          : undefined),
    };
    doc.on("beforeObserverCalls", this.#forget);
  }

  /** New marks arrived: what was unknown may be known now. */
  clear(): void {
    this.#known = new WeakMap();
  }

  /** The last writer of a paragraph, heading, list item (without its nested lists) or row. */
  of(type: SharedType): Author | undefined {
    let known = this.#known.get(type);
    if (known === undefined) {
      known = lastWrite(type, this.#marks, isList) ?? NOBODY;
      this.#known.set(type, known);
    }
    return "nobody" in known ? undefined : known;
  }

  /** The last writer anywhere in a text. */
  newestIn(fragment: Y.XmlFragment): Author | undefined {
    return blocksOf(fragment).reduce<Author | undefined>(
      (newest, block) => newer(newest, this.of(block)),
      undefined,
    );
  }

  destroy(): void {
    this.#doc.off("beforeObserverCalls", this.#forget);
  }
}

/** The blocks that carry an author: paragraphs and headings at the top, and items of lists. */
export function blocksOf(parent: Y.XmlFragment): Y.XmlElement[] {
  return elementsOf(parent).flatMap((part) => {
    if (isList(part)) return blocksOf(part);
    const nested = part.nodeName === "list_item" ? elementsOf(part).filter(isList) : [];
    return [part, ...nested.flatMap(blocksOf)];
  });
}
