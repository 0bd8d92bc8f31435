import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { undoManager } from "../../src/docs/own";
import { bindText, wholeCharacters } from "../../src/docs/text-binding";
import { Field, HALVED } from "./field";

function aBoundField(content = "", options: { singleLine?: boolean } = {}) {
  const doc = new Y.Doc();
  const text = doc.getText("t");
  text.insert(0, content);
  const field = new Field();
  const end = bindText(field, text, options);
  field.select(content.length);
  return { doc, text, field, end };
}

/** Another page with the same document; `pull` and `push` are the line between the two. */
function aColleague(doc: Y.Doc) {
  const theirs = new Y.Doc();
  const pull = () => Y.applyUpdate(theirs, Y.encodeStateAsUpdate(doc));
  const push = () => Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs), "line");
  pull();
  return { text: theirs.getText("t"), pull, push };
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("typing", () => {
  test("what is typed becomes the text", () => {
    const { field, text } = aBoundField("Maas 3.110");
    field.type(" m³/s");
    expect(text.toString()).toBe("Maas 3.110 m³/s");
  });

  test("a letter typed inside a run of the same letter lands where the caret is", () => {
    const { doc, field, text } = aBoundField("aaaa");
    const seen: unknown[] = [];
    text.observe((event) => seen.push(event.delta));
    field.select(1);
    field.type("a");
    expect(seen).toEqual([[{ retain: 1 }, { insert: "a" }]]);
    expect(doc.getText("t").length).toBe(5);
  });

  test("an emoji is replaced as a whole although its first half stays the same", () => {
    const { field, text } = aBoundField("weer 😀!");
    const seen: unknown[] = [];
    text.observe((event) => seen.push(event.delta));
    field.select(5, 7);
    field.type("😁");
    expect(text.toString()).toBe("weer 😁!");
    expect(seen).toEqual([[{ retain: 5 }, { delete: 2 }, { insert: "😁" }]]);
  });

  test("random edits in text full of emoji never leave half a character", () => {
    const letters = ["a", "b", "😀", "😁", "👩‍🚒", "é", "𝄞", "🇳🇱"];
    const next = random(7);
    const pick = (count: number) => Math.floor(next() * count);
    const { field, text } = aBoundField();
    for (let round = 0; round < 3000; round++) {
      const units = [...field.value];
      const [one, other] = [pick(units.length + 1), pick(units.length + 1)];
      const start = units.slice(0, Math.min(one, other)).join("").length;
      const end = next() < 0.5 ? start : units.slice(0, Math.max(one, other)).join("").length;
      field.select(start, end);
      field.type(next() < 0.3 ? "" : (letters[pick(letters.length)] ?? ""));
      expect(text.toString()).toBe(field.value);
      expect(text.toString()).not.toMatch(HALVED);
    }
  });

  test("a change never begins or ends inside a character", () => {
    const next = random(11);
    const alphabet = ["😀", "😁", "a", "🙀"];
    const word = () =>
      Array.from({ length: Math.floor(next() * 6) }, () => alphabet[Math.floor(next() * 4)]).join(
        "",
      );
    for (let round = 0; round < 5000; round++) {
      const [before, after] = [word(), word()];
      const caret = Math.floor(next() * (after.length + 1));
      const { index, remove, insert } = wholeCharacters(before, after, caret);
      expect(before.slice(0, index) + insert + before.slice(index + remove)).toBe(after);
      expect(before.slice(0, index)).not.toMatch(HALVED);
      expect(insert).not.toMatch(HALVED);
    }
  });
});

describe("changes of others", () => {
  test("the caret stays behind the letter it was behind", () => {
    const { doc, field } = aBoundField("Maas stijgt");
    const colleague = aColleague(doc);
    field.select(4);
    colleague.text.insert(0, "De ");
    colleague.text.insert(14, " snel");
    colleague.push();
    expect(field.value).toBe("De Maas stijgt snel");
    expect(field.selectionStart).toBe(7);
  });

  test("they are put in, the field is not filled anew", () => {
    const { doc, field } = aBoundField("Maas");
    const filled = field.replaced;
    const colleague = aColleague(doc);
    colleague.text.delete(0, 1);
    colleague.text.insert(0, "W");
    colleague.push();
    expect(field.value).toBe("Waas");
    expect(field.replaced).toBe(filled);
  });

  test("a line break of somebody else is shown as a space in a single line and keeps its place", () => {
    const { text, field } = aBoundField("een\ntwee", { singleLine: true });
    expect(field.value).toBe("een twee");
    field.type("!");
    expect(text.toString()).toBe("een\ntwee!");
  });

  test("a carriage return does not move what is typed behind it", () => {
    const { text, field } = aBoundField("een\r\ntwee");
    field.select(field.value.length);
    field.type("!");
    expect(text.toString()).toBe("een\r\ntwee!");
  });

  test("after the end nothing is bound any more", () => {
    const { field, text, end } = aBoundField("a");
    end();
    field.type("b");
    text.insert(0, "c");
    expect([field.value, text.toString()]).toEqual(["ab", "ca"]);
  });
});

describe("composing", () => {
  test("the field is left alone, and both texts are there in the end", () => {
    const { doc, field, text } = aBoundField("water: ");
    const colleague = aColleague(doc);
    const filled = field.replaced;
    field.fire("compositionstart");
    field.type("n");
    colleague.pull();
    colleague.text.insert(0, "Hoog");
    colleague.push();
    expect(field.value).toBe("water: n");
    field.select(7, 8);
    field.type("你");
    expect(field.replaced).toBe(filled);
    field.fire("compositionend");
    expect(text.toString()).toBe("Hoogwater: 你");
    expect(field.value).toBe("Hoogwater: 你");
    expect(field.selectionStart).toBe(field.value.length);
  });

  test("what is composed goes out at once: nothing is kept back that the status calls saved", () => {
    const { field, text } = aBoundField();
    field.fire("compositionstart");
    field.type("k");
    expect(text.toString()).toBe("k");
  });

  test("somebody deletes the letters around the composition", () => {
    const { doc, field, text } = aBoundField("links rechts");
    const colleague = aColleague(doc);
    field.select(6);
    field.fire("compositionstart");
    field.type("x");
    colleague.pull();
    colleague.text.delete(0, 6);
    colleague.text.delete(1, 6);
    colleague.push();
    field.select(6, 7);
    field.type("xy");
    field.fire("compositionend");
    expect(text.toString()).toBe("xy");
    expect(field.value).toBe("xy");
  });

  test("random composing beside a colleague: both end with the same, well-formed text", () => {
    const next = random(3);
    const pick = (count: number) => Math.floor(next() * count);
    for (let round = 0; round < 200; round++) {
      const { doc, field, text } = aBoundField("a😀b🙀c");
      const colleague = aColleague(doc);
      field.select([...field.value].slice(0, pick(6)).join("").length);
      field.fire("compositionstart");
      for (let step = 0; step < 8; step++) {
        if (next() < 0.5) {
          const units = [...field.value];
          const start = units.slice(0, pick(units.length + 1)).join("").length;
          field.select(start, next() < 0.4 ? field.value.length : start);
          field.type(["é", "😁", ""][pick(3)] ?? "");
        } else {
          colleague.pull();
          const theirs = [...colleague.text.toString()];
          const place = theirs.slice(0, pick(theirs.length + 1)).join("").length;
          colleague.text.insert(place, "Z");
          colleague.push();
        }
      }
      field.fire("compositionend");
      colleague.pull();
      expect(field.value).toBe(text.toString());
      expect(colleague.text.toString()).toBe(text.toString());
      expect(text.toString()).not.toMatch(HALVED);
    }
  });
});

test("undo takes back what this person typed, not what others did", () => {
  const { doc, field, text } = aBoundField("Maas");
  const colleague = aColleague(doc);
  const undo = undoManager(text);
  field.type(" stijgt");
  colleague.pull();
  colleague.text.insert(0, "De ");
  colleague.push();
  undo.undo();
  expect(field.value).toBe("De Maas");
});
