import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import type { BootPerson } from "../../src/boot";
import { Attribution, blocksOf, lastWrite } from "../../src/docs/attribution";
import { Marks } from "../../src/docs/marks";

const NOBODY: BootPerson = { id: "0", name: "Z. Zelf", function: "IM", organisation: "24" };
const minute = (n: number): number => Date.UTC(2026, 10, 23, 3, n);

/** Two people, Gorissen (WL, client 1) and Terpstra (DEF, client 2), and a reader. */
function aRoom() {
  const [wl, def, reader] = [new Y.Doc(), new Y.Doc(), new Y.Doc()];
  [wl.clientID, def.clientID] = [1, 2];
  const share = (from: Y.Doc) => {
    for (const to of [wl, def, reader])
      if (to !== from) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
  };
  return { wl, def, reader, share, marks: new Marks() };
}

function aParagraph(doc: Y.Doc, text: string): Y.XmlText {
  const paragraph = new Y.XmlElement("paragraph");
  const content = new Y.XmlText(text);
  paragraph.insert(0, [content]);
  doc.getXmlFragment("text:source").push([paragraph]);
  return content;
}

function firstText(doc: Y.Doc): Y.XmlText {
  const text = blocks(doc)[0]?.get(0);
  if (!(text instanceof Y.XmlText)) throw new Error("no text");
  return text;
}

const blocks = (doc: Y.Doc) => blocksOf(doc.getXmlFragment("text:source"));

describe("the last writer of a block", () => {
  it("is who made its newest part, by the server's clock", () => {
    const { wl, def, reader, share, marks } = aRoom();
    aParagraph(wl, "De Maas stijgt.");
    share(wl);
    const seen = firstText(def);
    seen.insert(7, " bij Venlo");
    share(def);
    marks.add([
      [1, 0, "WL", "P. Gorissen", minute(10)],
      [2, 0, "DEF", "B. Terpstra", minute(12)],
    ]);
    const [block] = blocks(reader);
    expect(block && lastWrite(block, marks)).toMatchObject({
      org: "DEF",
      at: new Date(minute(12)),
    });
  });

  it("falls back to the one before when what the newest wrote is deleted", () => {
    const { wl, def, reader, share, marks } = aRoom();
    aParagraph(wl, "De Maas stijgt.");
    share(wl);
    const seen = firstText(def);
    seen.insert(7, " bij Venlo");
    seen.delete(7, 10);
    share(def);
    marks.add([
      [1, 0, "WL", "P. Gorissen", minute(10)],
      [2, 0, "DEF", "B. Terpstra", minute(12)],
    ]);
    const [block] = blocks(reader);
    expect(block && lastWrite(block, marks)).toMatchObject({ org: "WL" });
  });

  it("takes the later of two marks of one client", () => {
    const { wl, reader, share, marks } = aRoom();
    const text = aParagraph(wl, "Een");
    const clock = Y.getState(wl.store, 1);
    text.insert(3, " twee");
    share(wl);
    marks.add([
      [1, 0, "WL", "P. Gorissen", minute(10)],
      [1, clock, "WL", "P. Gorissen", minute(15)],
    ]);
    const [block] = blocks(reader);
    expect(block && lastWrite(block, marks)?.at).toEqual(new Date(minute(15)));
  });

  it("of a list item leaves out the items nested in it", () => {
    const { wl, def, reader, share, marks } = aRoom();
    const item = () => {
      const one = new Y.XmlElement("list_item");
      const paragraph = new Y.XmlElement("paragraph");
      paragraph.insert(0, [new Y.XmlText("x")]);
      one.insert(0, [paragraph]);
      return one;
    };
    const list = new Y.XmlElement("bullet_list");
    list.insert(0, [item()]);
    wl.getXmlFragment("text:source").push([list]);
    share(wl);
    const outer = blocks(def)[0];
    const inner = new Y.XmlElement("bullet_list");
    inner.insert(0, [item()]);
    outer?.push([inner]);
    share(def);
    marks.add([
      [1, 0, "WL", "P. Gorissen", minute(10)],
      [2, 0, "DEF", "B. Terpstra", minute(12)],
    ]);
    const attribution = new Attribution(reader, marks, NOBODY);
    const [first, second] = blocks(reader);
    expect(first && attribution.of(first)?.org).toBe("WL");
    expect(second && attribution.of(second)?.org).toBe("DEF");
  });
});

describe("the memory of attribution", () => {
  it("is fresh already when an observer of the text asks", () => {
    const { wl, def, share, marks } = aRoom();
    aParagraph(wl, "De Maas stijgt.");
    share(wl);
    marks.add([[1, 0, "WL", "P. Gorissen", minute(10)]]);
    const attribution = new Attribution(def, marks, NOBODY);
    const [block] = blocks(def);
    if (block === undefined) throw new Error("no block");
    expect(attribution.of(block)?.at).toEqual(new Date(minute(10)));
    const heard: (Date | undefined)[] = [];
    def.getXmlFragment("text:source").observeDeep(() => heard.push(attribution.of(block)?.at));
    marks.add([[1, Y.getState(wl.store, 1), "WL", "P. Gorissen", minute(20)]]);
    firstText(wl).insert(0, "! ");
    share(wl);
    expect(heard).toEqual([new Date(minute(20))]);
  });

  it("takes what the server has not marked yet for the own person's, and only that", () => {
    const { wl, def, share, marks } = aRoom();
    aParagraph(wl, "Van mij");
    share(wl);
    expect(new Attribution(wl, marks, NOBODY).newestIn(wl.getXmlFragment("text:source"))?.org).toBe(
      "24",
    );
    expect(
      new Attribution(def, marks, NOBODY).newestIn(def.getXmlFragment("text:source")),
    ).toBeUndefined();
  });

  it("finds the newest writer of a whole text", () => {
    const { wl, def, reader, share, marks } = aRoom();
    aParagraph(wl, "een");
    share(wl);
    aParagraph(def, "twee");
    share(def);
    marks.add([
      [1, 0, "WL", "P. Gorissen", minute(30)],
      [2, 0, "DEF", "B. Terpstra", minute(12)],
    ]);
    const attribution = new Attribution(reader, marks, NOBODY);
    expect(attribution.newestIn(reader.getXmlFragment("text:source"))?.name).toBe("P. Gorissen");
  });
});
