// Every action of the page, findable by its words. Others register, the palette searches.
import type { IconName } from "./icon-set";

export interface Command {
  readonly id: string;
  /** A verb and what it is done to, in the person's language. */
  readonly title: string;
  readonly run: () => void;
  /** The key that does the same, as in `registerKeys`. */
  readonly keys?: string;
  readonly icon?: IconName;
  /** A word at the right: "thema", "weergave". */
  readonly group?: string;
}

const commands = new Map<string, Command>();

/** Adds a command or replaces the one of the same id; returns what takes it away. */
export function registerCommand(command: Command): () => void {
  commands.set(command.id, command);
  return () => {
    if (commands.get(command.id) === command) commands.delete(command.id);
  };
}

export function allCommands(): Command[] {
  return [...commands.values()];
}

/** The commands that hold every word of `query`; those whose title begins with it come first. */
export function findCommands(all: readonly Command[], query: string): Command[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return all
    .map((command) => ({ command, rank: rankOf(command, words) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .map(({ command }) => command);
}

function rankOf(command: Command, words: readonly string[]): number {
  const title = plain(command.title);
  const text = `${title} ${plain(command.group ?? "")}`;
  if (!words.every((word) => text.includes(word))) return 0;
  const [first] = words;
  if (first === undefined || title.startsWith(first)) return 3;
  return title.includes(` ${first}`) ? 2 : 1;
}

/** Without accents and capitals: "Één" and "een" are the same to somebody in a hurry. */
function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
