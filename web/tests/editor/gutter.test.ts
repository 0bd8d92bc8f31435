import { EditorState } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { initProseMirrorDoc } from "y-prosemirror";
import * as Y from "yjs";
import { placedBlocks } from "../../src/editor/gutter";
import { schema } from "../../src/editor/schema";

function element(name: string, ...content: (Y.XmlElement | Y.XmlText)[]): Y.XmlElement {
  const made = new Y.XmlElement(name);
  made.insert(0, content);
  return made;
}

const paragraph = (text: string) => element("paragraph", new Y.XmlText(text));
const item = (...content: Y.XmlElement[]) => element("list_item", ...content);

function aText(...blocks: Y.XmlElement[]) {
  const fragment = new Y.Doc().getXmlFragment("text:source");
  fragment.push(blocks);
  return { fragment, ...initProseMirrorDoc(fragment, schema) };
}

describe("the blocks that carry an author", () => {
  it("are paragraphs, headings and items of lists, each at its own place", () => {
    const { fragment, doc } = aText(
      element("heading", new Y.XmlText("Maas")),
      paragraph("Stijgt."),
      element(
        "bullet_list",
        item(paragraph("een"), element("bullet_list", item(paragraph("een a")))),
        item(paragraph("twee")),
      ),
      paragraph("Slot."),
    );
    const placed = [...placedBlocks(doc, fragment)];
    expect(placed.map(({ node }) => node.type.name)).toEqual([
      "heading",
      "paragraph",
      "list_item",
      "list_item",
      "list_item",
      "paragraph",
    ]);
    for (const { pos, node } of placed) expect(doc.nodeAt(pos)).toBe(node);
    const words = placed.map(({ type }) => type.toString().replaceAll(/<[^>]+>/g, ""));
    expect(words).toEqual(["Maas", "Stijgt.", "eeneen a", "een a", "twee", "Slot."]);
  });

  it("stop where the drawn text and the document are out of step, and are never mixed up", () => {
    const { fragment, doc } = aText(paragraph("een"), paragraph("twee"), paragraph("drie"));
    const state = EditorState.create({ doc });
    const list = schema.node("bullet_list", null, [
      schema.node("list_item", null, [schema.node("paragraph", null, [schema.text("nieuw")])]),
    ]);
    const ahead = state.apply(state.tr.insert(5, list)).doc;
    expect([...placedBlocks(ahead, fragment)].map(({ node }) => node.textContent)).toEqual(["een"]);
  });
});
