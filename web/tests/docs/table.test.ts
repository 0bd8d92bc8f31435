import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { undoManager } from "../../src/docs/own";
import { factsOf, factsOfTheme } from "../../src/docs/picture";
import { actionsOf, addAction, addDecision, decisionsOf } from "../../src/docs/rows";

function twoPages() {
  const [one, other] = [new Y.Doc(), new Y.Doc()];
  const sync = () => {
    Y.applyUpdate(one, Y.encodeStateAsUpdate(other), "line");
    Y.applyUpdate(other, Y.encodeStateAsUpdate(one), "line");
  };
  return { one, other, sync };
}

describe("decisions", () => {
  test("a new one has the next number, stands last, and holds texts to type in", () => {
    const decisions = decisionsOf(new Y.Doc());
    addDecision(decisions, { title: "Waarschuwen", team: "ROT" });
    const id = addDecision(decisions, { title: "Evacueren?" });
    expect(decisions.list().map((row) => [row.number, row.order, row.title])).toEqual([
      [1, 1, "Waarschuwen"],
      [2, 2, "Evacueren?"],
    ]);
    expect(decisions.text(id, "grounds")).toBeInstanceOf(Y.Text);
  });

  test("two people type in one title and both letters stay", () => {
    const { one, other, sync } = twoPages();
    const [ours, theirs] = [decisionsOf(one), decisionsOf(other)];
    const id = addDecision(ours, { title: "dijk" });
    sync();
    ours.text(id, "title")?.insert(0, "de ");
    theirs.text(id, "title")?.insert(4, "en");
    sync();
    expect(ours.get(id)?.title).toBe("de dijken");
    expect(theirs.get(id)?.title).toBe("de dijken");
  });

  test("one change is one update on the line", () => {
    const doc = new Y.Doc();
    const decisions = decisionsOf(doc);
    let updates = 0;
    doc.on("update", () => updates++);
    const id = addDecision(decisions, { title: "a" });
    decisions.change(id, { team: "RBT", org: "24" });
    expect(updates).toBe(2);
    decisions.set(id, "team", "RBT");
    expect(updates).toBe(2);
  });
});

describe("actions", () => {
  test("an empty one is open and of average priority", () => {
    const actions = actionsOf(new Y.Doc());
    const id = addAction(actions, { what: "Pompen plaatsen" });
    expect(actions.get(id)).toMatchObject({ state: "open", priority: "average", due: "" });
  });

  test("what others left in a wrong shape is read as if it was not filled in", () => {
    const doc = new Y.Doc();
    const actions = actionsOf(doc);
    const id = addAction(actions, { what: "Zandzakken" });
    const stored = actions.type.get(id);
    stored?.set("state", 7);
    stored?.delete("due");
    stored?.set("what", "geen gedeelde tekst");
    expect(actions.get(id)).toMatchObject({ state: "open", due: "", what: "" });
  });

  test("rows are put between others, and equal orders lie alike on every page", () => {
    const { one, other, sync } = twoPages();
    const [ours, theirs] = [actionsOf(one), actionsOf(other)];
    const [first, second] = [addAction(ours, { what: "1" }), addAction(ours, { what: "2" })];
    sync();
    const mine = addAction(ours, { what: "3" });
    addAction(theirs, { what: "3'" });
    sync();
    expect(ours.list()).toEqual(theirs.list());
    ours.place(mine, first, second);
    expect(ours.list().map((row) => row.id)[1]).toBe(mine);
  });

  test("removing takes the row away from everybody; its text is gone for a late editor", () => {
    const { one, other, sync } = twoPages();
    const [ours, theirs] = [actionsOf(one), actionsOf(other)];
    const id = addAction(ours, {});
    sync();
    theirs.remove(id);
    sync();
    expect(ours.text(id, "what")).toBeUndefined();
    expect(ours.size).toBe(0);
  });
});

test("facts come by theme, in their order", () => {
  const facts = factsOf(new Y.Doc());
  facts.add({ theme: "source", label: "Maas", order: 2 });
  facts.add({ theme: "effects", label: "Doden", order: 1 });
  facts.add({ theme: "source", label: "Roer", order: 1 });
  expect(factsOfTheme(facts, "source").map((fact) => fact.label)).toEqual(["Roer", "Maas"]);
});

test("undo removes the row that I added and leaves the one of a colleague", () => {
  const { one, other, sync } = twoPages();
  const [ours, theirs] = [actionsOf(one), actionsOf(other)];
  const undo = undoManager(ours.type);
  addAction(ours, { what: "mijn" });
  addAction(theirs, { what: "hun" });
  sync();
  undo.undo();
  undo.undo();
  expect(ours.list().map((row) => row.what)).toEqual(["hun"]);
});
