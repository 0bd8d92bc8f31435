/**
 * A shared document as people can read it: one piece of text per place (a theme, a fact, a field
 * of a decision), so that two states of it can be laid side by side.
 */
import * as Y from "yjs";

export interface Piece {
  /** Where it stands, from outside in: theme; list, row, field. Message ids or names. */
  where: string[];
  text: string;
}

/** The pieces by a key that is the same in every state of the document. */
export type Pieces = Map<string, Piece>;

/** Fields that say nothing to a reader. */
const HIDDEN = new Set(["order", "number", "createdAt"]);
const TEXT_ROOT = "text:";

/** Every piece of `doc`. Roots that are not of a known shape are not readable, and left out. */
export function piecesOf(doc: Y.Doc, themeTitle: (theme: string) => string): Pieces {
  const pieces: Pieces = new Map();
  for (const root of [...doc.share.keys()].sort()) {
    if (root.startsWith(TEXT_ROOT)) {
      const where = [themeTitle(root.slice(TEXT_ROOT.length))];
      put(pieces, root, where, linesOf(doc.getXmlFragment(root)).join("\n"));
    } else if (root === "rows" || root === "facts") {
      putRows(pieces, root, doc.getMap(root), themeTitle);
    } else if (root === "t") {
      put(pieces, root, ["text"], doc.getText(root).toString());
    }
  }
  return pieces;
}

function put(pieces: Pieces, key: string, where: string[], text: string): void {
  if (text !== "") pieces.set(key, { where, text });
}

function putRows(
  pieces: Pieces,
  root: string,
  rows: Y.Map<unknown>,
  themeTitle: (theme: string) => string,
): void {
  for (const [id, row] of rows) {
    if (!(row instanceof Y.Map)) continue;
    const name = nameOfRow(row, id);
    for (const [field, value] of row as Y.Map<unknown>) {
      if (HIDDEN.has(field)) continue;
      const text = field === "theme" ? themeTitle(String(value)) : textOf(value);
      put(pieces, `${root}/${id}/${field}`, [root, name, field], text);
    }
  }
}

/** What the row is called on the screen: its title, what is to be done, the label of a fact. */
function nameOfRow(row: Y.Map<unknown>, id: string): string {
  const names = ["title", "what", "label"].map((field) => textOf(row.get(field)).trim());
  return names.find((name) => name !== "") ?? id.slice(0, 8);
}

function textOf(value: unknown): string {
  if (value instanceof Y.Text) return value.toString();
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

type XmlNode = Y.XmlFragment | Y.XmlElement;

/** The blocks of a rich text, one line each; lists with their signs, headings with theirs. */
export function linesOf(node: XmlNode): string[] {
  return node.toArray().flatMap((child, index) => {
    if (child instanceof Y.XmlText) return [plainText(child)];
    if (!(child instanceof Y.XmlElement)) return [];
    return blockLines(child, node, index);
  });
}

function blockLines(block: Y.XmlElement, parent: XmlNode, index: number): string[] {
  switch (block.nodeName) {
    case "heading":
      return [`${"#".repeat(Number(block.getAttribute("level") ?? 2))} ${inlineText(block)}`];
    case "list_item":
      return itemLines(block, isOrdered(parent) ? `${index + 1}. ` : "- ");
    case "paragraph":
      return [inlineText(block)];
    default:
      return linesOf(block);
  }
}

function isOrdered(list: XmlNode): boolean {
  return list instanceof Y.XmlElement && list.nodeName === "ordered_list";
}

function itemLines(item: Y.XmlElement, sign: string): string[] {
  return linesOf(item).map((line, index) => (index === 0 ? sign : "  ") + line);
}

function inlineText(block: Y.XmlElement): string {
  const texts = block.toArray().filter((child) => child instanceof Y.XmlText);
  return texts.map(plainText).join("");
}

function plainText(text: Y.XmlText): string {
  const steps: { insert?: unknown }[] = text.toDelta();
  return steps.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");
}

export interface Difference {
  where: string[];
  /** What the server has, as far as it differs. */
  before: string;
  /** What this page has. */
  after: string;
}

/** Where two states differ, in the order of the second; equal lines at both ends are left out. */
export function differences(before: Pieces, after: Pieces): Difference[] {
  const keys = new Set([...after.keys(), ...before.keys()]);
  return [...keys].flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    if (was?.text === is?.text) return [];
    const where = (is ?? was)?.where ?? [];
    return [{ where, ...unequalLines(was?.text ?? "", is?.text ?? "") }];
  });
}

function unequalLines(before: string, after: string): { before: string; after: string } {
  const [one, other] = [before.split("\n"), after.split("\n")];
  const shortest = Math.min(one.length, other.length);
  let start = 0;
  while (start < shortest && one[start] === other[start]) start++;
  let end = 0;
  while (end < shortest - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const cut = (lines: string[]) => lines.slice(start, lines.length - end).join("\n");
  return { before: cut(one), after: cut(other) };
}
