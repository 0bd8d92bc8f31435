// Keys and typing shortcuts of a theme's text.
import {
  baseKeymap,
  chainCommands,
  exitCode,
  lift,
  setBlockType,
  splitBlock,
  toggleMark,
} from "prosemirror-commands";
import { InputRule, inputRules, undoInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import type { MarkType, Node, NodeType } from "prosemirror-model";
import {
  liftListItem,
  sinkListItem,
  splitListItemKeepMarks,
  wrapInList,
} from "prosemirror-schema-list";
import type { Command, EditorState, Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { redoCommand, undoCommand } from "y-prosemirror";
import { headingLevel, schema } from "./schema";

const { paragraph, heading, bullet_list, ordered_list, list_item } = schema.nodes;
const { strong, em } = schema.marks;

/** Whether the cursor or the whole selection carries the mark. */
export function hasMark(state: EditorState, type: MarkType): boolean {
  const { from, $from, to, empty } = state.selection;
  if (empty) return type.isInSet(state.storedMarks ?? $from.marks()) !== undefined;
  return state.doc.rangeHasMark(from, to, type);
}

/** The nearest list around the cursor, if any. */
export function listAround(state: EditorState): Node | undefined {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth);
    if (node.type === bullet_list || node.type === ordered_list) return node;
  }
  return undefined;
}

export function inHeading(state: EditorState, level: 2 | 3): boolean {
  const block = state.selection.$from.parent;
  return block.type === heading && headingLevel(block) === level;
}

/** Makes the block a heading, and a heading of that level a paragraph again. */
export function toggleHeading(level: 2 | 3): Command {
  return (state, dispatch) => {
    const command = inHeading(state, level)
      ? setBlockType(paragraph)
      : setBlockType(heading, { level });
    return command(state, dispatch);
  };
}

/** Makes a list of the blocks, takes them out of it, or changes its kind. */
export function toggleList(type: NodeType): Command {
  return (state, dispatch, view) => {
    const around = listAround(state);
    if (around?.type === type) return liftListItem(list_item)(state, dispatch, view);
    if (around !== undefined) return changeListKind(around, type)(state, dispatch, view);
    return wrapInList(type)(state, dispatch, view);
  };
}

function changeListKind(list: Node, type: NodeType): Command {
  return (state, dispatch) => {
    const { $from } = state.selection;
    for (let depth = $from.depth; depth > 0; depth--) {
      if ($from.node(depth) === list) {
        dispatch?.(state.tr.setNodeMarkup($from.before(depth), type));
        return true;
      }
    }
    return false;
  };
}

/** Enter in an empty item goes a level up, and out of the list at last. (The list's own command would
 *  make an item without a paragraph here, as the schema allows items that lost theirs.) */
const leaveEmptyItem: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.parent.content.size > 0 || $from.depth < 2) return false;
  if ($from.node(-1).type !== list_item || $from.node(-1).childCount > 1) return false;
  return liftListItem(list_item)(state, dispatch);
};

/** Enter at the end of a heading goes on as running text. */
const leaveHeading: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.parent.type !== heading) return false;
  if ($from.parentOffset < $from.parent.content.size) return false;
  dispatch?.(state.tr.split($from.pos, 1, [{ type: paragraph }]).scrollIntoView());
  return true;
};

const backOutOfHeading: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.parentOffset > 0 || $from.parent.type !== heading) return false;
  return setBlockType(paragraph)(state, dispatch);
};

const backOutOfList: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  const first = $from.depth > 1 && $from.index(-1) === 0 && $from.node(-1).type === list_item;
  return empty && $from.parentOffset === 0 && first
    ? liftListItem(list_item)(state, dispatch)
    : false;
};

/** In a list Tab means level, also where there is no deeper one; Esc leaves the text. */
const withinList =
  (command: Command): Command =>
  (state, dispatch, view) => {
    if (listAround(state) === undefined) return false;
    command(state, dispatch, view);
    return true;
  };

/** Where there is nothing of ours to undo, the browser must not undo either: its own memory of the
 *  field knows nothing of others, and would take their words away. */
const handled =
  (command: Command): Command =>
  (state, dispatch, view) => {
    command(state, dispatch, view);
    return true;
  };

/** Undo that does not come from the keyboard: a menu, a phone that is shaken. */
export function undoFromBrowser(view: EditorView, event: InputEvent): boolean {
  if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return false;
  event.preventDefault();
  const command = event.inputType === "historyUndo" ? undoCommand : redoCommand;
  command(view.state, view.dispatch, view);
  return true;
}

export interface TextKeys {
  /** Asks for the address of a link; false when there is nothing to link. */
  readonly link: Command;
  /** Puts the focus outside the text. */
  readonly leave: () => void;
}

export function textKeymap({ link, leave }: TextKeys): Plugin[] {
  const enter = chainCommands(leaveEmptyItem, splitListItemKeepMarks(list_item), leaveHeading);
  return [
    keymap({
      "Mod-b": toggleMark(strong),
      "Mod-i": toggleMark(em),
      // Mod-K alone is the palette's, everywhere
      "Shift-Mod-k": link,
      "Mod-z": handled(undoCommand),
      "Shift-Mod-z": handled(redoCommand),
      "Mod-y": handled(redoCommand),
      Tab: withinList(sinkListItem(list_item)),
      "Shift-Tab": withinList(liftListItem(list_item)),
      Enter: enter,
      "Shift-Enter": chainCommands(enter, exitCode, splitBlock),
      Backspace: chainCommands(undoInputRule, backOutOfHeading, backOutOfList),
      "Mod-[": chainCommands(liftListItem(list_item), lift),
      "Mod-]": sinkListItem(list_item),
      Escape: () => {
        leave();
        return true;
      },
    }),
    keymap(baseKeymap),
  ];
}

/** `## ` and `### ` make a heading, `- ` and `* ` a list, `1. ` a numbered list. */
export function textInputRules(): Plugin {
  return inputRules({
    rules: [
      headingRule(),
      wrappingInputRule(/^\s*[-*•]\s$/, bullet_list),
      wrappingInputRule(/^\s*1[.)]\s$/, ordered_list),
    ],
  });
}

function headingRule(): InputRule {
  return new InputRule(/^(#{1,3})\s$/, (state, match, start, end) => {
    const block = state.doc.resolve(start);
    if (block.parent.type !== paragraph || block.depth > 1) return null;
    const level = (match[1]?.length ?? 0) > 2 ? 3 : 2;
    return state.tr.delete(start, end).setBlockType(start, start, heading, { level });
  });
}
