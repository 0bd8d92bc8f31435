import type { DOMOutputSpec, Node } from "prosemirror-model";
import { describe, expect, it } from "vitest";
import { initProseMirrorDoc } from "y-prosemirror";
import * as Y from "yjs";
import { safeHref, typedHref } from "../../src/docs/links";
import { headingLevel, schema } from "../../src/editor/schema";

/** A document as somebody's own program could have written it. */
function aText(build: (fragment: Y.XmlFragment) => void): Y.XmlFragment {
  const theirs = new Y.Doc();
  build(theirs.getXmlFragment("text:source"));
  const ours = new Y.Doc();
  Y.applyUpdate(ours, Y.encodeStateAsUpdate(theirs));
  return ours.getXmlFragment("text:source");
}

function anElement(name: string, ...content: (Y.XmlElement | Y.XmlText)[]): Y.XmlElement {
  const element = new Y.XmlElement(name);
  element.insert(0, content);
  return element;
}

function someText(text: string, attributes?: Record<string, unknown>): Y.XmlText {
  const node = new Y.XmlText();
  node.insert(0, text, attributes);
  return node;
}

/** What the editor makes of it; the shared document must not be changed by looking at it. */
function drawn(fragment: Y.XmlFragment): Node {
  const before = Y.encodeStateVector(fragment.doc as Y.Doc);
  const { doc } = initProseMirrorDoc(fragment, schema);
  expect(Y.encodeStateVector(fragment.doc as Y.Doc)).toEqual(before);
  expect(fragment.toArray().every((part) => !part._item?.deleted)).toBe(true);
  return doc;
}

function linkSpec(href: unknown): DOMOutputSpec | undefined {
  const mark = schema.mark("link", { href });
  return schema.marks.link.spec.toDOM?.(mark, true);
}

describe("a link", () => {
  it.each(["https://www.rws.nl/", "http://10.0.0.1/", "mailto:im@vrzl.nl"])(
    "may lead to %s",
    (href) => {
      expect(safeHref(href)).toBe(href);
    },
  );

  it.each([
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://x/1",
    "//evil.example",
    "/relative",
    "",
    { toString: () => "https://x" },
    42,
    null,
    `https://x/${"a".repeat(3000)}`,
  ])("never leads to %s", (href) => {
    expect(safeHref(href)).toBeUndefined();
    expect(linkSpec(href)).toEqual(["span", 0]);
  });

  it("in a hand-made update is drawn as plain text, and the text stays", () => {
    const fragment = aText((root) =>
      root.push([
        anElement("paragraph", someText("klik", { link: { href: "javascript:alert(1)" } })),
      ]),
    );
    const doc = drawn(fragment);
    expect(doc.textContent).toBe("klik");
    const [mark] = doc.firstChild?.firstChild?.marks ?? [];
    expect(mark && schema.marks.link.spec.toDOM?.(mark, true)).toEqual(["span", 0]);
  });

  it("opens elsewhere and tells nobody where it came from", () => {
    expect(linkSpec("https://nos.nl/")).toEqual([
      "a",
      { href: "https://nos.nl/", rel: "noopener noreferrer", target: "_blank" },
      0,
    ]);
  });

  it.each([
    ["nos.nl", "https://nos.nl/"],
    ["www.rws.nl/water?x=1", "https://www.rws.nl/water?x=1"],
    ["im@vrzl.nl", "mailto:im@vrzl.nl"],
    ["localhost.test:8080/x", "https://localhost.test:8080/x"],
    ["HTTPS://A.nl", "https://a.nl/"],
  ])("typed as %s becomes %s", (typed, href) => {
    expect(typedHref(typed)).toBe(href);
  });

  it.each(["javascript:alert(1)", "waterschap", "", "  "])("typed as %s is refused", (typed) => {
    expect(typedHref(typed)).toBeUndefined();
  });
});

describe("a text that this version does not know in full", () => {
  it("keeps a node of an unknown kind, with its words, and deletes nothing", () => {
    const fragment = aText((root) =>
      root.push([
        anElement("paragraph", someText("voor")),
        anElement("table", anElement("cell", someText("17,9"))),
        anElement("paragraph", someText("na")),
      ]),
    );
    const doc = drawn(fragment);
    expect(doc.childCount).toBe(3);
    expect(doc.child(1).type.name).toBe("foreign");
    expect(doc.child(2).textContent).toBe("na");
  });

  it("keeps text under an unknown mark", () => {
    const fragment = aText((root) =>
      root.push([anElement("paragraph", someText("hoog", { highlight: { colour: "x" } }))]),
    );
    expect(drawn(fragment).textContent).toBe("hoog");
  });

  it("keeps text beside an embedded object", () => {
    const fragment = aText((root) => {
      const text = someText("water");
      text.insertEmbed(2, { image: "x" });
      root.push([anElement("paragraph", text)]);
    });
    expect(drawn(fragment).textContent).toBe("wa\uFFFCter");
  });

  it("keeps a list item whose first paragraph somebody else deleted", () => {
    const fragment = aText((root) =>
      root.push([
        anElement(
          "bullet_list",
          anElement(
            "list_item",
            anElement(
              "bullet_list",
              anElement("list_item", anElement("paragraph", someText("dijk"))),
            ),
          ),
          anElement("list_item"),
        ),
      ]),
    );
    expect(drawn(fragment).textContent).toBe("dijk");
  });

  it.each([
    [2, 2],
    ["3", 3],
    [99, 3],
    [-1, 2],
    ["javascript:", 2],
    [null, 2],
  ])("draws a heading of level %s as level %s", (level, expected) => {
    const node = schema.node("heading", { level });
    expect(headingLevel(node)).toBe(expected);
    expect(node.type.spec.toDOM?.(node)).toEqual([`h${expected}`, 0]);
  });
});
