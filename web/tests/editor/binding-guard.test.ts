import { EditorState, type Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initProseMirrorDoc, ySyncPlugin } from "y-prosemirror";
import * as Y from "yjs";
import { BindingGuard } from "../../src/editor/binding-guard";
import { schema } from "../../src/editor/schema";

/** An editor without a browser: only what the binding itself asks of a view. */
function anEditor(fragment: Y.XmlFragment) {
  const { doc, mapping } = initProseMirrorDoc(fragment, schema);
  const plugin = ySyncPlugin(fragment, { mapping });
  const told: boolean[] = [];
  const view = {
    state: EditorState.create({ doc, plugins: [plugin] }),
    hasFocus: () => false,
    dispatch(transaction: Transaction) {
      const before = view.state;
      view.state = view.state.apply(transaction);
      bound.update?.(view as unknown as EditorView, before);
    },
  };
  const guard = new BindingGuard(view.state, (stuck) => told.push(stuck));
  const bound = plugin.spec.view(view as unknown as EditorView);
  return { view, guard, told };
}

function paragraph(text: string): Y.XmlElement {
  const element = new Y.XmlElement("paragraph");
  element.insert(0, [new Y.XmlText(text)]);
  return element;
}

/** Two copies of one text that tell each other everything. */
function twoCopies() {
  const [ours, theirs] = [new Y.Doc(), new Y.Doc()];
  const root = (doc: Y.Doc) => doc.getXmlFragment("text:source");
  root(ours).push([paragraph("De Maas stijgt.")]);
  Y.applyUpdate(theirs, Y.encodeStateAsUpdate(ours));
  ours.on("update", (update: Uint8Array) => Y.applyUpdate(theirs, update));
  theirs.on("update", (update: Uint8Array) => Y.applyUpdate(ours, update));
  return { ours: root(ours), theirs: root(theirs) };
}

describe("a text that cannot be drawn any more", () => {
  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it("is never overwritten by the older view of it", () => {
    const { ours, theirs } = twoCopies();
    const { view, guard, told } = anEditor(ours);
    theirs.push([new Y.XmlText("los") as unknown as Y.XmlElement]);
    expect(guard.stuck).toBe(true);
    expect(told).toEqual([true]);
    theirs.push([paragraph("Dit schreef iemand daarna.")]);
    // a moved cursor is enough to make y-prosemirror compare the view with the document
    view.dispatch(view.state.tr);
    view.dispatch(view.state.tr.insertText("x", 1));
    expect(theirs.toString()).toContain("Dit schreef iemand daarna.");
    expect(theirs.toString()).not.toContain("xDe Maas");
  });

  it("comes back by itself, with everything that others wrote meanwhile", () => {
    const { ours, theirs } = twoCopies();
    const { view, guard, told } = anEditor(ours);
    theirs.push([new Y.XmlText("los") as unknown as Y.XmlElement]);
    theirs.push([paragraph("Daarna.")]);
    theirs.delete(1, 1);
    expect(guard.stuck).toBe(false);
    expect(told).toEqual([true, false]);
    expect(view.state.doc.textContent).toBe("De Maas stijgt.Daarna.");
    view.dispatch(view.state.tr.insertText("Ja: ", 1));
    expect(theirs.toString()).toContain("Ja: De Maas stijgt.");
  });

  it("survives a map among the words", () => {
    const { ours, theirs } = twoCopies();
    const { guard } = anEditor(ours);
    const first = theirs.get(0) as Y.XmlElement;
    first.insert(1, [new Y.Map() as unknown as Y.XmlText]);
    expect(guard.stuck).toBe(true);
    expect(ours.toString()).toContain("De Maas stijgt.");
  });
});
