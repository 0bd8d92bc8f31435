// On a large screen the width becomes a column: beside the open picture stands the other one, the
// organisation's own beside the shared or the shared beside the own, at the same theme.
import type { EditorView } from "prosemirror-view";
import type { SharedDocument } from "../docs/shared";
import type { Room } from "../view/room";
import type { Route } from "../view/route";
import { PicturePane } from "./picture-pane";

/** From this width (`styles/layout.css`) there is room for it. */
const LARGE = "(min-width: 137.5em)";

export class Beside {
  readonly #host: HTMLElement;
  readonly #room: Room;
  readonly #pane: PicturePane;
  readonly #large = matchMedia(LARGE);
  #route: Route;

  /** `onState` hears of the text that stands here, for the tools. */
  constructor(
    host: HTMLElement,
    room: Room,
    route: Route,
    onState: (view: EditorView | undefined) => void,
  ) {
    this.#host = host;
    this.#room = room;
    this.#route = route;
    const leave = (): void => host.focus();
    this.#pane = new PicturePane(host, room, { onState, leave });
    this.#large.addEventListener("change", () => void this.show(this.#route));
    void this.show(route);
  }

  async show(route: Route): Promise<void> {
    this.#route = route;
    const shared = this.#other(route);
    this.#host.hidden = shared === undefined;
    if (shared === undefined) {
      this.#pane.hide();
      return;
    }
    await shared.whenLoaded;
    // somebody in a hurry went elsewhere meanwhile
    if (this.#route !== route) return;
    this.#pane.show(shared, "theme" in route ? (route.theme ?? "") : "");
  }

  /** A document begins anew: what was bound to it is drawn again. */
  async replaced(shared: SharedDocument): Promise<void> {
    this.#pane.forget(shared);
    await this.show(this.#route);
  }

  #other(route: Route): SharedDocument | undefined {
    const { docs, ownPicture } = this.#room;
    if (!this.#large.matches || ownPicture === undefined) return undefined;
    const own = docs.get(ownPicture);
    // who writes no own picture has nothing to keep beside the shared one
    if (!own.mayWrite) return undefined;
    if (route.place === "picture") return own;
    return route.place === "own" ? docs.get("picture") : undefined;
  }
}
