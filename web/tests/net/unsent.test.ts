import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { nameOf, ownerOf, shelfOf, WindowStore } from "../../src/net/store";
import { Unsent } from "../../src/net/unsent";

function at(second: number): Date {
  return new Date(second * 1_000);
}

/** An update that adds `word`, and one document that all of them belong to. */
function updates(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const made: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => made.push(update));
  for (const word of words) doc.getText("t").insert(doc.getText("t").length, word);
  return made;
}

/** One a second. */
function write(unsent: Unsent, ...written: Uint8Array[]): void {
  for (const [second, update] of written.entries()) unsent.wrote(update, at(second));
}

const NOTHING = () => new Uint8Array();

function textOf(doc: Y.Doc): string {
  return doc.getText("t").toString();
}

describe("what is unsent", () => {
  test("counts since the first that waits", () => {
    const unsent = new Unsent();
    expect(unsent.waiting).toBeUndefined();
    write(unsent, ...updates("a", "b"));
    expect(unsent.waiting).toEqual({ count: 2, since: at(0) });
  });

  test("gets less in the order in which it was written", () => {
    const unsent = new Unsent();
    write(unsent, ...updates("a", "b", "c"));
    unsent.storedAllBut(1);
    expect(unsent.waiting).toEqual({ count: 1, since: at(2) });
    expect(textOf(unsent.serversDocument())).toBe("ab");
    expect(textOf(unsent.ownDocument())).toBe("abc");
  });

  test("counts what an earlier visit left until everything is confirmed", () => {
    const [old, ...fresh] = updates("a", "b", "c");
    const unsent = new Unsent();
    unsent.inherit({ known: [], unsent: old ? [old] : [], waiting: { count: 4, since: at(1) } });
    for (const update of fresh) unsent.wrote(update, at(9));
    expect(unsent.waiting).toEqual({ count: 6, since: at(1) });
    unsent.storedAllBut(0);
    expect(unsent.waiting).toEqual({ count: 4, since: at(1) });
    unsent.storedAll(NOTHING);
    expect(unsent.waiting).toBeUndefined();
  });

  test("does not forget what was written before the store was read", () => {
    const [early, ...kept] = updates("a", "b");
    const unsent = new Unsent();
    unsent.wrote(early ?? new Uint8Array(), at(5));
    unsent.inherit({ known: kept, unsent: [], waiting: undefined });
    expect(unsent.waiting).toEqual({ count: 1, since: at(5) });
  });

  test("a long evening of others' changes is joined into one", () => {
    const many = updates(...Array.from({ length: 1_200 }, (_, count) => `${count} `));
    const unsent = new Unsent();
    for (const update of many) unsent.received(update);
    let asked = 0;
    const state = () => {
      asked++;
      return Y.mergeUpdates(many);
    };
    unsent.storedAll(state);
    unsent.storedAll(state);
    expect(asked).toBe(1);
    expect(textOf(unsent.serversDocument())).toContain("1199");
  });
});

describe("a place in the store", () => {
  test("is found back by its name, whatever is in it", () => {
    const shelf = {
      owner: ownerOf("a b/c", "ré 1"),
      incident: "x",
      document: "picture/2 4",
      epoch: 3,
    };
    expect(shelfOf(nameOf(shelf))).toEqual(shelf);
  });

  test("is another one for another organisation of the same person", () => {
    expect(ownerOf("p", "24")).not.toBe(ownerOf("p", "25"));
    expect(ownerOf("p/24", "")).not.toBe(ownerOf("p", "24/"));
  });

  test("in the window only: not settled while something waits, or a copy is not taken along", async () => {
    const shelf = { owner: "p/24", incident: "x", document: "picture", epoch: 1 };
    const store = new WindowStore();
    expect(store.isSettled).toBe(true);
    store.putOwn(shelf);
    expect(store.isSettled).toBe(false);
    store.storedAll(shelf);
    expect(store.isSettled).toBe(true);
    const copy = { id: "1", owner: "p/24" } as Parameters<WindowStore["keepRescue"]>[0];
    await store.keepRescue(copy, shelf);
    expect(store.isSettled).toBe(false);
    expect(await store.rescues("p/24")).toEqual([copy]);
    expect(await store.rescues("q/24")).toEqual([]);
  });
});
