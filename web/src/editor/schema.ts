// The shape of a theme's text. It is deliberately small: what a sitrep can print and a screen
// reader can say.
//
// y-prosemirror deletes from the shared document whatever the schema refuses to build, for
// everybody. So the schema refuses nothing: content expressions are wide ("*", any block in a
// list item), attributes are read at drawing time, and a node, mark or embed that this version
// does not know becomes an inert `foreign` one, which y-prosemirror then leaves alone.
import {
  type Attrs,
  type DOMOutputSpec,
  Fragment,
  type Mark,
  type MarkSpec,
  type MarkType,
  type Node,
  type NodeSpec,
  type NodeType,
  Schema,
} from "prosemirror-model";
import { safeHref } from "../docs/links";

const nodes = {
  doc: { content: "block+" },
  paragraph: {
    group: "block",
    content: "text*",
    parseDOM: [{ tag: "p" }],
    toDOM: (): DOMOutputSpec => ["p", 0],
  },
  heading: {
    group: "block",
    content: "text*",
    defining: true,
    attrs: { level: { default: 2 } },
    parseDOM: [
      { tag: "h1", attrs: { level: 2 } },
      { tag: "h2", attrs: { level: 2 } },
      { tag: "h3", attrs: { level: 3 } },
      { tag: "h4", attrs: { level: 3 } },
    ],
    toDOM: (node: Node): DOMOutputSpec => [headingLevel(node) === 3 ? "h3" : "h2", 0],
  },
  bullet_list: {
    group: "block",
    content: "list_item*",
    parseDOM: [{ tag: "ul" }],
    toDOM: (): DOMOutputSpec => ["ul", 0],
  },
  ordered_list: {
    group: "block",
    content: "list_item*",
    parseDOM: [{ tag: "ol" }],
    toDOM: (): DOMOutputSpec => ["ol", 0],
  },
  list_item: {
    content: "block*",
    defining: true,
    parseDOM: [{ tag: "li" }],
    toDOM: (): DOMOutputSpec => ["li", 0],
  },
  foreign: {
    group: "block",
    atom: true,
    selectable: false,
    attrs: { name: { default: "" }, text: { default: "" } },
    toDOM: (node: Node): DOMOutputSpec => ["div", { class: "foreign" }, String(node.attrs.text)],
  },
  text: {},
} satisfies Record<string, NodeSpec>;

const marks = {
  link: {
    attrs: { href: { default: "" } },
    inclusive: false,
    parseDOM: [{ tag: "a[href]", getAttrs: (element: HTMLElement) => linkAttrs(element) }],
    toDOM: (mark: Mark): DOMOutputSpec => {
      const href = safeHref(mark.attrs.href);
      return href === undefined
        ? ["span", 0]
        : ["a", { href, rel: "noopener noreferrer", target: "_blank" }, 0];
    },
  },
  em: {
    parseDOM: [{ tag: "i" }, { tag: "em" }],
    toDOM: (): DOMOutputSpec => ["em", 0],
  },
  strong: {
    parseDOM: [{ tag: "strong" }, { tag: "b" }],
    toDOM: (): DOMOutputSpec => ["strong", 0],
  },
  foreign_mark: { attrs: { name: { default: "" } }, toDOM: (): DOMOutputSpec => ["span", 0] },
} satisfies Record<string, MarkSpec>;

function linkAttrs(element: HTMLElement): Attrs | false {
  const href = safeHref(element.getAttribute("href"));
  return href === undefined ? false : { href };
}

/** 2 or 3, whatever the document says; servers and old clients may write it as text. */
export function headingLevel(node: Node): 2 | 3 {
  return Number(node.attrs.level) >= 3 ? 3 : 2;
}

function readableText(content?: Fragment | Node | readonly Node[]): string {
  if (content === undefined) return "";
  const nodes = content instanceof Fragment ? content.content : [content].flat();
  return nodes.map((node) => node.textContent).join(" ");
}

const OBJECT_REPLACEMENT = "\uFFFC";

class ForgivingSchema extends Schema<keyof typeof nodes, keyof typeof marks> {
  override text(text: string, marks?: readonly Mark[] | null): Node {
    const shown: unknown = text;
    return super.text(typeof shown === "string" ? shown : OBJECT_REPLACEMENT, marks);
  }

  override node(
    type: string | NodeType,
    attrs: Attrs | null = null,
    content?: Fragment | Node | readonly Node[],
    marks?: readonly Mark[],
  ): Node {
    const known = typeof type === "string" ? this.nodes[type as keyof typeof nodes] : type;
    try {
      if (known !== undefined) return super.node(known, attrs, content, marks);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    return super.node(this.nodes.foreign, { name: String(type), text: readableText(content) });
  }

  override mark(type: string | MarkType, attrs?: Attrs | null): Mark {
    const known = typeof type === "string" ? this.marks[type as keyof typeof marks] : type;
    return known === undefined
      ? super.mark(this.marks.foreign_mark, { name: String(type) })
      : super.mark(known, attrs);
  }
}

export const schema = new ForgivingSchema({ nodes, marks });
