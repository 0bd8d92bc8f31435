// The author gutter: beside each paragraph, heading and list item the mark of the organisation that
// wrote there last, and when. It is drawn by the stylesheet from attributes on the block itself, so
// nothing stands in the text that a caret, a phone's keyboard or a copy could trip over.
import type { Node } from "prosemirror-model";
import { type EditorState, Plugin, PluginKey } from "prosemirror-state";
import { Decoration, DecorationSet, type EditorView } from "prosemirror-view";
import { ySyncPluginKey } from "y-prosemirror";
import * as Y from "yjs";
import { type Attribution, parentOf, type SharedType } from "../docs/attribution";
import type { Author } from "../docs/marks";

/** A changed line keeps its colour for this long. */
export const RECENT_MS = 10 * 60_000;
const FRESH_MS = 2_000;
const TICK_MS = 30_000;

export interface AuthorSource {
  readonly attribution: Attribution;
  /** Calls back whenever the server told more about who wrote what. */
  readonly onMarks: (heard: () => void) => () => void;
  readonly colourOf: (organisation: string) => number;
  readonly kindOf: (organisation: string) => string;
  readonly timeOf: (at: Date) => string;
}

export interface PlacedBlock {
  readonly pos: number;
  readonly node: Node;
  readonly type: Y.XmlElement;
}

/** The blocks that carry an author, with their place in the drawn text and in the document. */
export function* placedBlocks(
  parent: Node,
  shared: Y.XmlFragment,
  start = 0,
): Generator<PlacedBlock> {
  const parts = shared.toArray();
  let pos = start;
  for (let index = 0; index < parent.childCount; index++) {
    const node = parent.child(index);
    const type = parts[index];
    // out of step for a moment: the next frame draws the rest
    if (!(type instanceof Y.XmlElement) || !fits(node, type)) return;
    if (isList(node)) yield* placedBlocks(node, type, pos + 1);
    else if (parent.type.name !== "list_item") yield { pos, node, type };
    if (node.type.name === "list_item") yield* placedBlocks(node, type, pos + 1);
    pos += node.nodeSize;
  }
}

function fits(node: Node, type: Y.XmlElement): boolean {
  return node.type.name === type.nodeName || node.type.name === "foreign";
}

function isList(node: Node): boolean {
  return node.type.name.endsWith("_list");
}

const gutterKey = new PluginKey<DecorationSet>("author-gutter");

/** The plugin; `now` is the clock that ages are measured with. */
export function authorGutter(
  fragment: Y.XmlFragment,
  source: AuthorSource,
  now: () => number = Date.now,
): Plugin<DecorationSet> {
  const fresh = new Map<SharedType, number>();
  const draw = (state: EditorState): Decoration[] => {
    let above: { org: string; node: Node } | undefined;
    return [...placedBlocks(state.doc, fragment)].flatMap(({ pos, node, type }) => {
      const author = source.attribution.of(type);
      const attributes = {
        ...(author === undefined ? {} : authorAttributes(author, node, above, source, now())),
        ...((fresh.get(type) ?? 0) > now() ? { "data-fresh": "" } : {}),
      };
      above = author === undefined ? undefined : { org: author.org, node };
      return Object.keys(attributes).length === 0
        ? []
        : [Decoration.node(pos, pos + node.nodeSize, attributes, attributes)];
    });
  };

  return new Plugin<DecorationSet>({
    key: gutterKey,
    state: {
      init: (_config, state) => DecorationSet.create(state.doc, draw(state)),
      apply(transaction, shown, _before, state) {
        const told: unknown = transaction.getMeta(gutterKey);
        if (told instanceof DecorationSet) return told;
        const fromOthers = ySyncPluginKey.getState(state)?.isChangeOrigin === true;
        if (fromOthers) return DecorationSet.create(state.doc, draw(state));
        return shown.map(transaction.mapping, transaction.doc);
      },
    },
    props: { decorations: (state) => gutterKey.getState(state) },
    view: (view) => new GutterKeeper(view, fragment, source, { draw, fresh, now }),
  });
}

/** A block of one line has room for a mark or nothing: a heading only gets the coloured line, an
 *  item of a list its mark, once for a row of items of one organisation. */
function authorAttributes(
  author: Author,
  node: Node,
  above: { org: string; node: Node } | undefined,
  source: AuthorSource,
  now: number,
): Record<string, string> {
  const recent = now - author.at.getTime() < RECENT_MS;
  const line = recent ? { "data-recent": String(source.colourOf(author.org)) } : undefined;
  const mark = { "data-author": author.org, "data-author-kind": source.kindOf(author.org) };
  if (node.type.name === "heading") return { ...line };
  if (node.type.name !== "list_item") {
    return { ...mark, "data-author-at": source.timeOf(author.at), ...line };
  }
  const repeated = above?.node.type === node.type && above.org === author.org;
  return { ...(repeated ? {} : mark), ...line };
}

interface Drawing {
  readonly draw: (state: EditorState) => Decoration[];
  readonly fresh: Map<SharedType, number>;
  readonly now: () => number;
}

/** Redraws at most once a frame, and only when something is different. */
class GutterKeeper {
  readonly #view: EditorView;
  readonly #fragment: Y.XmlFragment;
  readonly #drawing: Drawing;
  readonly #stop: (() => void)[];
  readonly #tick: number;
  #frame = 0;
  readonly #onTransaction = (transaction: Y.Transaction): void => this.#noteFresh(transaction);

  constructor(view: EditorView, fragment: Y.XmlFragment, source: AuthorSource, drawing: Drawing) {
    this.#view = view;
    this.#fragment = fragment;
    this.#drawing = drawing;
    fragment.doc?.on("beforeObserverCalls", this.#onTransaction);
    const onMarks = source.onMarks(() => this.#request());
    this.#stop = [onMarks, () => fragment.doc?.off("beforeObserverCalls", this.#onTransaction)];
    this.#tick = window.setInterval(() => this.#request(), TICK_MS);
    this.#request();
  }

  update(view: EditorView, before: EditorState): void {
    // what others changed was drawn with their change
    const fromOthers = ySyncPluginKey.getState(view.state)?.isChangeOrigin === true;
    if (view.state.doc !== before.doc && !fromOthers) this.#request();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    window.clearInterval(this.#tick);
    for (const stop of this.#stop) stop();
  }

  #request(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#redraw();
    });
  }

  #redraw(): void {
    const { state } = this.#view;
    const wanted = this.#drawing.draw(state);
    if (isSame(gutterKey.getState(state), wanted)) return;
    const set = DecorationSet.create(state.doc, wanted);
    this.#view.dispatch(state.tr.setMeta(gutterKey, set).setMeta("addToHistory", false));
  }

  /** Blocks that others changed just now get a tint for two seconds. */
  #noteFresh(transaction: Y.Transaction): void {
    if (transaction.local) return;
    const until = this.#drawing.now() + FRESH_MS;
    for (const changed of transaction.changed.keys()) {
      for (const type of this.#blocksAround(changed)) this.#drawing.fresh.set(type, until);
    }
    window.setTimeout(() => this.#forgetStale(), FRESH_MS + 50);
  }

  *#blocksAround(changed: SharedType): Generator<SharedType> {
    let type: SharedType | undefined = changed;
    for (; type !== undefined && type !== this.#fragment; type = parentOf(type)) yield type;
  }

  #forgetStale(): void {
    const { fresh, now } = this.#drawing;
    for (const [type, until] of fresh) if (until <= now()) fresh.delete(type);
    this.#request();
  }
}

/** Whether the same attributes are drawn at the same places already. */
function isSame(shown: DecorationSet | undefined, wanted: readonly Decoration[]): boolean {
  const found = shown?.find() ?? [];
  if (found.length !== wanted.length) return false;
  const signature = (one: Decoration): string =>
    `${one.from} ${one.to} ${JSON.stringify(one.spec)}`;
  const known = new Set(found.map(signature));
  return wanted.every((one) => known.has(signature(one)));
}
