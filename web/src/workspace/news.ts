// What a person asks for in words: who wrote this, and what others changed. Remote typing is silent
// for a screen reader; these two are how it tells.
import type { EditorView } from "prosemirror-view";
import { blocksOf } from "../docs/attribution";
import type { Author } from "../docs/marks";
import { fragment } from "../docs/picture";
import type { SharedDocument } from "../docs/shared";
import { placedBlocks } from "../editor/gutter";
import { formatMoment, t, tn } from "../ui/words";
import type { Room } from "../view/room";

/** "P. Gorissen, Waterschap Limburg, 03:16" for the block that the caret is in. */
export function whoWroteHere(
  room: Room,
  shared: SharedDocument,
  theme: string,
  view: EditorView,
): string {
  const { head } = view.state.selection;
  let author: Author | undefined;
  for (const { pos, node, type } of placedBlocks(view.state.doc, fragment(shared.doc, theme))) {
    if (pos <= head && head <= pos + node.nodeSize) author = room.attribution(shared).of(type);
  }
  if (author === undefined) return t("Nobody is known to have written here.");
  return [author.name, room.nameOf(author.org), formatMoment(author.at)].join(", ");
}

/** "Since 02:40: 3 changes in Source by Waterschap Limburg and Defensie". */
export function changesOfOthers(
  room: Room,
  shared: SharedDocument,
  theme: string,
  since: Date,
): string {
  const own = room.boot.person.organisation;
  const attribution = room.attribution(shared);
  const changed = blocksOf(fragment(shared.doc, theme))
    .map((block) => attribution.of(block))
    .filter((author) => author !== undefined && author.at > since && author.org !== own);
  const title = room.boot.incident.themes.find(({ id }) => id === theme)?.title ?? theme;
  const time = formatMoment(since);
  if (changed.length === 0) {
    return t("Since {time} no changes by others in {theme}.", { theme: title, time });
  }
  const names = [...new Set(changed.map((author) => room.nameOf(author?.org ?? "")))];
  return tn(
    "Since {time} {n} change in {theme} by {names}.",
    "Since {time} {n} changes in {theme} by {names}.",
    changed.length,
    {
      theme: title,
      time,
      names: listed(names),
    },
  );
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  if (names.length < 2) return last;
  return t("{first} and {last}", { first: names.slice(0, -1).join(", "), last });
}
