// The frame of the workspace: which pane a small screen shows, which drawer is open, what the
// address says, and the keys that go from place to place. Personal: nobody else sees it.
import { Listeners } from "../net/listeners";
import { type PlaceName, parseRoute, type Route, routeHash } from "./route";

export type Drawer = "decisions" | "actions";

/** The widths of the layout (`styles/layout*.css`), in em. */
const WIDE = "(min-width: 80em)";
const NARROW = "(max-width: 63.99em)";

export class Frame {
  readonly #workspace: HTMLElement;
  readonly #changes = new Listeners<[Route]>();
  readonly #home: Route;
  #route: Route;
  readonly #onHash = (): void => this.#follow();
  readonly #onClick = (event: MouseEvent): void => this.#open(event);

  /** `home` is what is shown when the address names nothing. */
  constructor(workspace: HTMLElement, home: Route) {
    this.#workspace = workspace;
    this.#home = home;
    this.#route = this.#resolved();
    workspace.setAttribute("data-live", "");
    window.addEventListener("hashchange", this.#onHash);
    document.addEventListener("click", this.#onClick);
    this.#show();
  }

  get route(): Route {
    return this.#route;
  }

  onChange(listener: (route: Route) => void): () => void {
    return this.#changes.add(listener);
  }

  /** Goes there, with a step that the browser's Back undoes. */
  go(route: Route): void {
    this.#workspace.removeAttribute("data-drawer");
    const hash = routeHash(route);
    if (location.hash !== hash) location.hash = hash;
    // the event of the new address comes later; what follows a step needs it done
    this.#follow();
  }

  /** After going somewhere with the keyboard the keys of that place work at once. */
  focusPlace(): void {
    const { place } = this.#route;
    const narrow = matchMedia(NARROW).matches;
    const pane = narrow && place !== "picture" && place !== "own" ? place : undefined;
    const selector = pane === undefined ? ".centre" : `[data-keys="${pane}"]`;
    this.#workspace.querySelector<HTMLElement>(selector)?.focus();
  }

  /** What D and A do: the pane beside the text, a drawer, or the place itself, by width. */
  showPane(drawer: Drawer): void {
    if (matchMedia(NARROW).matches) {
      this.go({ place: drawer, row: undefined });
      return;
    }
    if (!matchMedia(WIDE).matches) {
      const open = this.#workspace.getAttribute("data-drawer") === drawer;
      if (open) {
        this.closeDrawer();
        return;
      }
      this.#workspace.setAttribute("data-drawer", drawer);
    }
    this.#workspace.querySelector<HTMLElement>(`[data-pane-name="${drawer}"]`)?.focus();
  }

  /** Closes an open drawer; false when there was none. */
  closeDrawer(): boolean {
    if (!this.#workspace.hasAttribute("data-drawer")) return false;
    this.#workspace.removeAttribute("data-drawer");
    this.#workspace.querySelector<HTMLElement>(".centre")?.focus();
    return true;
  }

  #follow(): void {
    const before = routeHash(this.#route);
    this.#route = this.#resolved();
    this.#show();
    if (routeHash(this.#route) !== before) this.#changes.tell(this.#route);
  }

  #resolved(): Route {
    const route = parseRoute(location.hash);
    if (route.place !== "picture" && route.place !== "own") return route;
    const theme = "theme" in this.#home ? this.#home.theme : undefined;
    return { place: route.place, theme: route.theme ?? theme };
  }

  #show(): void {
    this.#workspace.setAttribute("data-pane", paneOf(this.#route.place));
    for (const link of document.querySelectorAll<HTMLElement>("[data-open]")) {
      const here = link.dataset.open === paneOf(this.#route.place);
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** The links of the frame lead to anchors of the page as it is without scripts. */
  #open(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey) return;
    const target = event.target instanceof Element ? event.target : null;
    const place = target?.closest<HTMLElement>("a[data-open]")?.dataset.open;
    if (place === undefined) return;
    event.preventDefault();
    this.go(place === "picture" ? this.#lastPicture() : parseRoute(`#${place}`));
  }

  #lastPicture(): Route {
    return this.#route.place === "picture" ? this.#route : this.#home;
  }
}

function paneOf(place: PlaceName): string {
  return place === "own" ? "picture" : place;
}
