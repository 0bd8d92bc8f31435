// Brings the workspace of an incident to life: one line, its documents, and every part of the page
// that shows them.
import { render } from "lit";
import type { Boot } from "../boot";
import { IncidentDocs } from "../docs/incident";
import type { SharedDocument } from "../docs/shared";
import { ActionsPane, defineActions } from "../panels/actions";
import { countActions, countDecisions } from "../panels/counts";
import { DecisionsPane, defineDecisions } from "../panels/decisions";
import { definePresence, PresenceFoot } from "../panels/presence";
import { defineThemes, ThemesNav } from "../panels/themes";
import { mountClock } from "../ui/clock";
import { Frame } from "../view/frame";
import { makeRoomForKeyboard } from "../view/keyboard-room";
import { PlaceKeeper } from "../view/place";
import { Room } from "../view/room";
import type { Route } from "../view/route";
import { registerActions } from "./actions";
import { Beside } from "./beside";
import { Centre, placeOf } from "./centre";
import { mountPrintMark } from "./print";
import { keepStrip } from "./strip";

export function mountWorkspace(boot: Boot): IncidentDocs {
  for (const define of [defineActions, defineDecisions, definePresence, defineThemes]) define();
  const docs = new IncidentDocs(boot);
  const room = new Room(boot, docs);
  const frame = new Frame(part(".workspace"), homeOf(boot));
  const centre = new Centre(room, {
    centre: part(".centre"),
    content: mount("picture"),
    toolbar: mount("toolbar"),
  });
  mountClock(mount("clock"));
  mountPrintMark();
  keepStrip(docs);
  makeRoomForKeyboard();
  mount("presence").replaceChildren(new PresenceFoot(room));
  mountThemes(room, frame);
  followRoute(room, frame, centre);
  keepBeside(room, frame, centre);
  const decisions = mountRows(room, "decisions", (shared) => new DecisionsPane(room, shared));
  const actions = mountRows(room, "actions", (shared) => new ActionsPane(room, shared));
  keepCounts(docs);
  registerActions({
    room,
    frame,
    centre,
    addDecision: () => addIn(frame, centre, "decisions", decisions),
    addAction: () => addIn(frame, centre, "actions", actions),
  });
  return docs;
}

function part(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

function mount(name: string): HTMLElement {
  return part(`[data-mount="${name}"]`);
}

function homeOf(boot: Boot): Route {
  return { place: "picture", theme: boot.incident.themes[0]?.id };
}

function mountThemes(room: Room, frame: Frame): void {
  const host = mount("themes");
  const picture = room.docs.get("picture");
  const draw = async (): Promise<void> => {
    await picture.whenLoaded;
    host.replaceChildren(new ThemesNav(room, frame.route));
  };
  frame.onChange((route) => {
    const nav = host.firstElementChild;
    if (nav instanceof ThemesNav) nav.route = route;
  });
  picture.onReplaced(() => void draw());
  void draw();
}

function followRoute(room: Room, frame: Frame, centre: Centre): void {
  const { presence } = room.docs;
  const place = new PlaceKeeper(placeOf(frame.route, room), (at) => presence.setPlace(at));
  frame.onChange((route) => {
    place.open(placeOf(route, room));
    void centre.show(route);
  });
  for (const { document } of room.boot.documents) {
    if (!isShown(document)) continue;
    const shared = room.docs.get(document);
    shared.onReplaced(() => void centre.replaced(shared));
  }
  void centre.show(frame.route);
}

function keepBeside(room: Room, frame: Frame, centre: Centre): void {
  const beside = new Beside(mount("beside"), room, frame.route, centre.lendTools);
  frame.onChange((route) => void beside.show(route));
  for (const { document } of room.boot.documents) {
    if (!document.startsWith("picture")) continue;
    const shared = room.docs.get(document);
    shared.onReplaced(() => void beside.replaced(shared));
  }
}

function isShown(document: string): boolean {
  return document.startsWith("picture") || document === "decisions" || document === "actions";
}

/** The list of a side pane; what comes back is the list that stands there now. */
function mountRows<Pane extends DecisionsPane | ActionsPane>(
  room: Room,
  name: "decisions" | "actions",
  make: (shared: SharedDocument) => Pane,
): () => Pane | undefined {
  let pane: Pane | undefined;
  const tool = (): void => {
    if (pane !== undefined) render(pane.addTool(), mount(`${name}-tools`));
  };
  if (!room.docs.has(name)) return () => undefined;
  const shared = room.docs.get(name);
  const draw = async (): Promise<void> => {
    pane?.end();
    pane = undefined;
    await shared.whenLoaded;
    pane = make(shared);
    mount(name).replaceChildren(pane);
    tool();
  };
  shared.onRights(tool);
  shared.onReplaced(() => void draw());
  void draw();
  return () => pane;
}

function addIn(
  frame: Frame,
  centre: Centre,
  name: "decisions" | "actions",
  pane: () => DecisionsPane | ActionsPane | undefined,
): void {
  if (frame.route.place === name && centre.addRow()) return;
  frame.showPane(name);
  pane()?.addRow();
}

function keepCounts(docs: IncidentDocs): void {
  const keep = (name: string, count: (shared: SharedDocument) => () => void): void => {
    if (!docs.has(name)) return;
    const shared = docs.get(name);
    let stop: (() => void) | undefined;
    const begin = async (): Promise<void> => {
      stop?.();
      await shared.whenLoaded;
      stop = count(shared);
    };
    shared.onReplaced(() => void begin());
    void begin();
  };
  keep("decisions", countDecisions);
  keep("actions", countActions);
}
