// Every action of the workspace, once: findable in the palette, and under its key where it has one.
import { moreTools, textTools } from "../editor/toolbar";
import { type Command, registerCommand } from "../ui/command";
import { registerKeys } from "../ui/keys";
import { announce, say } from "../ui/toast";
import { t } from "../ui/words";
import type { Frame } from "../view/frame";
import type { Room } from "../view/room";
import type { Route } from "../view/route";
import type { Centre } from "./centre";
import { changesOfOthers, whoWroteHere } from "./news";

export interface ActionParts {
  readonly room: Room;
  readonly frame: Frame;
  readonly centre: Centre;
  readonly addDecision: () => void;
  readonly addAction: () => void;
}

export function registerActions(parts: ActionParts): void {
  for (const command of [...places(parts), ...themes(parts), ...words(parts)]) {
    registerCommand(command);
  }
  offerToWriters(parts);
  registerKeys([
    ...keysOf([...places(parts), ...words(parts)]),
    {
      keys: "n",
      label: t("New fact"),
      pane: "picture",
      run: () => parts.centre.pictures.addFact(),
    },
    { keys: "j", label: t("Next theme"), pane: "picture", run: () => stepTheme(parts, 1) },
    { keys: "k", label: t("Previous theme"), pane: "picture", run: () => stepTheme(parts, -1) },
    { keys: "enter", label: t("Write"), pane: "picture", run: (event) => write(parts, event) },
    { keys: "d", label: t("Decisions"), run: () => parts.frame.showPane("decisions") },
    { keys: "a", label: t("Actions"), run: () => parts.frame.showPane("actions") },
    { keys: "escape", label: t("Close the drawer"), run: () => void parts.frame.closeDrawer() },
  ]);
}

function keysOf(commands: readonly Command[]) {
  return commands.flatMap(({ keys, title, run }) =>
    keys === undefined ? [] : [{ keys, label: title, run: () => run() }],
  );
}

function places({ room, frame }: ActionParts): Command[] {
  const group = t("go to");
  const go = (route: Route) => () => {
    frame.go(route);
    frame.focusPlace();
  };
  const commands: Command[] = [
    {
      id: "go:picture",
      title: t("Picture"),
      icon: "book-open",
      keys: "g b",
      group,
      run: go({ place: "picture", theme: undefined }),
    },
    {
      id: "go:decisions",
      title: t("Decisions"),
      icon: "gavel",
      keys: "g d",
      group,
      run: go({ place: "decisions", row: undefined }),
    },
    {
      id: "go:actions",
      title: t("Actions"),
      icon: "list-checks",
      keys: "g a",
      group,
      run: go({ place: "actions", row: undefined }),
    },
  ];
  if (room.ownPicture === undefined) return commands;
  const own: Route = { place: "own", theme: undefined };
  return [
    ...commands,
    { id: "go:own", title: t("Own picture"), icon: "book-user", keys: "g o", group, run: go(own) },
  ];
}

function themes({ room, frame }: ActionParts): Command[] {
  return room.boot.incident.themes.map(({ id, title }) => ({
    id: `theme:${id}`,
    title,
    icon: "arrow-right",
    group: t("theme"),
    run: () => {
      frame.go({ place: "picture", theme: id });
      frame.focusPlace();
    },
  }));
}

/** What writes is only offered to who may write there, as that is now. */
function offerToWriters(parts: ActionParts): void {
  const { room, centre, addDecision, addAction } = parts;
  const add = (document: string, title: string, run: () => void): Command => ({
    id: `new:${document}`,
    title,
    icon: "plus",
    group: t("new"),
    run,
  });
  const pictures = ["picture", ...(room.ownPicture === undefined ? [] : [room.ownPicture])];
  whileWriting(room, ["decisions"], [add("decisions", t("New decision"), addDecision)]);
  whileWriting(room, ["actions"], [add("actions", t("New action"), addAction)]);
  whileWriting(room, pictures, [
    add("picture", t("New fact"), () => centre.pictures.addFact()),
    ...textCommands(parts),
  ]);
}

/** Registers `commands` for as long as one of `documents` may be written. */
function whileWriting(room: Room, documents: readonly string[], commands: Command[]): void {
  const known = documents.filter((name) => room.docs.has(name)).map((name) => room.docs.get(name));
  let away: (() => void)[] = [];
  const again = (): void => {
    for (const remove of away) remove();
    away = known.some(({ mayWrite }) => mayWrite) ? commands.map(registerCommand) : [];
  };
  for (const shared of known) shared.onRights(again);
  again();
}

/** What the tools of the text do, also for who does not find the button. */
function textCommands({ centre }: ActionParts): Command[] {
  return [...textTools(), ...moreTools()].map(({ id, title, icon, keys, command }) => ({
    id: `text:${id}`,
    title,
    icon,
    group: t("text"),
    ...(keys === undefined ? {} : { keys }),
    run: () => {
      const { view } = centre;
      if (view === undefined || !view.editable) return;
      view.focus();
      command(view.state, view.dispatch, view);
    },
  }));
}

function words({ room, frame, centre }: ActionParts): Command[] {
  const group = t("text");
  const begun = new Date();
  /** Per theme when this was last asked: what one theme told is no news of another. */
  const askedAt = new Map<string, Date>();
  const asked = (tell: (theme: string) => string): string | undefined => {
    const { route } = frame;
    return route.place === "picture" && route.theme !== undefined ? tell(route.theme) : undefined;
  };
  return [
    {
      id: "text:changes",
      title: t("What did others change?"),
      icon: "info",
      keys: "ctrl+alt+s",
      group,
      run: () => {
        const shared = room.docs.get("picture");
        const text = asked((theme) => {
          const since = askedAt.get(theme) ?? begun;
          askedAt.set(theme, new Date());
          return changesOfOthers(room, shared, theme, since);
        });
        if (text !== undefined) say(text);
      },
    },
    {
      id: "text:author",
      title: t("Who wrote this?"),
      icon: "users",
      group,
      run: () => {
        const { view } = centre;
        const shared = room.docs.get("picture");
        const text = asked((theme) => (view ? whoWroteHere(room, shared, theme, view) : ""));
        if (text) say(text);
        else announce(t("No text is open."));
      },
    },
  ];
}

function stepTheme({ room, frame }: ActionParts, step: 1 | -1): void {
  const { route } = frame;
  if (route.place !== "picture" && route.place !== "own") return;
  const ids = room.boot.incident.themes.map(({ id }) => id);
  const here = ids.indexOf(route.theme ?? "");
  const theme = ids[Math.min(ids.length - 1, Math.max(0, here + step))];
  if (theme !== undefined) frame.go({ place: route.place, theme });
}

/** Enter on the pane itself begins to write; on a button or link it presses that. */
function write({ centre }: ActionParts, event: KeyboardEvent): void {
  const { target } = event;
  if (target instanceof HTMLElement && target.matches("[data-keys], [data-mount]")) {
    centre.pictures.focus();
  } else if (target instanceof HTMLElement) target.click();
}
