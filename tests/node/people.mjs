// People who write with Yjs as editors do: text, rich text, maps, arrays and pages of elements, with
// accents and emoji, undo and reloads. What they do is drawn with their dice.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolve = createRequire(`${process.argv[2]}/package.json`).resolve;
export const load = async (name) => import(pathToFileURL(resolve(name)).href);
const Y = await load("yjs");

export const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const WORDS = ["De Maas", " stijgt", "é", "🚒", "👩‍🚒 snel", "\n", "ĳ", " 💧💧", "a\u0301"];
const FORMATS = [{ bold: true }, { bold: null }, { link: { href: "https://x.nl/é" } }];
const VALUES = [1, 2.5, -3, null, true, "twee", { a: { b: [1, 2] } }, [1, [2]], 2 ** 40];

// where an editor can put a cursor: never inside a character of two UTF-16 units
const edges = (text) => {
  const found = [0];
  for (const { insert } of text.toDelta()) {
    const lengths = typeof insert === "string" ? [...insert].map((one) => one.length) : [1];
    for (const length of lengths) found.push(found.at(-1) + length);
  }
  return found;
};

export class Person {
  constructor(dice) {
    this.dice = dice;
    this.load(new Uint8Array([0, 0]));
  }

  // a page load: a new document, and with it a new client id
  load(state) {
    this.doc = new Y.Doc();
    this.doc.clientID = Math.floor(this.dice() * 2 ** 32);
    this.news = [];
    Y.applyUpdate(this.doc, state, "server");
    this.doc.on("update", (update, origin) => {
      if (origin !== "server") this.news.push(update);
    });
    const roots = [this.doc.getText("t"), this.doc.getMap("m"), this.doc.getXmlFragment("x")];
    this.undo = new Y.UndoManager(roots, { captureTimeout: 0 });
  }

  upTo = (n) => Math.floor(this.dice() * n);
  pick = (list) => list[this.upTo(list.length)];

  act() {
    const { doc } = this;
    const [text, map, list] = [doc.getText("t"), doc.getMap("m"), doc.getArray("a")];
    const page = doc.getXmlFragment("x");
    const actions = [
      () => text.insert(this.pick(edges(text)), this.pick(WORDS)),
      () => text.insert(text.length, this.pick(WORDS)),
      () => this.withRange(text, (at, length) => text.delete(at, length)),
      () => this.withRange(text, (at, length) => text.format(at, length, this.pick(FORMATS))),
      () => text.insertEmbed(this.pick(edges(text)), { image: "kaart.png" }),
      () => map.set(this.pick(["a", "b", "c"]), this.pick(VALUES)),
      () => map.delete(this.pick(["a", "b", "c"])),
      () => map.set(`row${this.upTo(4)}`, this.row()),
      () => this.rowText()?.insert(0, this.pick(WORDS)),
      () => list.insert(this.upTo(list.length + 1), [this.pick(VALUES), this.pick(VALUES)]),
      () => list.length && list.delete(this.upTo(list.length), 1),
      () => list.push([new Uint8Array([1, 2, 3]), "x"]),
      () => page.insert(this.upTo(page.length + 1), [this.paragraph()]),
      () => page.length && page.delete(this.upTo(page.length), 1),
      () => page.length && this.inParagraph(page.get(this.upTo(page.length))),
      () => doc.transact(() => [1, 2, 3].forEach(() => this.act())),
      () => this.undo.undo(),
      () => this.undo.redo(),
    ];
    this.pick(actions)();
  }

  withRange(text, act) {
    const found = edges(text);
    if (found.length < 2) return;
    const from = this.upTo(found.length - 1);
    const to = Math.min(found.length - 1, from + 1 + this.upTo(4));
    act(found[from], found[to] - found[from]);
  }

  row() {
    const row = new Y.Map([["title", new Y.Text(this.pick(WORDS))], ["order", this.upTo(9)]]);
    return row;
  }

  rowText() {
    const row = this.doc.getMap("m").get(`row${this.upTo(4)}`);
    return row instanceof Y.Map ? row.get("title") : undefined;
  }

  paragraph() {
    const element = new Y.XmlElement(this.pick(["paragraph", "heading", "list_item"]));
    element.setAttribute("level", 2);
    element.insert(0, [new Y.XmlText(this.pick(WORDS))]);
    return element;
  }

  inParagraph(element) {
    const text = element.get(0);
    if (!(text instanceof Y.XmlText)) return;
    text.insert(this.pick(edges(text)), this.pick(WORDS), this.pick([{}, { strong: {} }]));
    if (this.dice() < 0.3) element.insert(element.length, [this.paragraph()]);
    element.setAttribute("level", this.upTo(4));
  }
}

export const base64 = (bytes) => Buffer.from(bytes).toString("base64");
