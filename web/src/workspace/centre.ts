// What the centre shows: a theme of the shared or the own picture, or the decisions or actions in
// full. Until a document was loaded, what the server rendered for reading stays.
import { html, type TemplateResult } from "lit";
import type { EditorView } from "prosemirror-view";
import type { Place } from "../docs/presence";
import type { SharedDocument } from "../docs/shared";
import { Toolbar } from "../editor/toolbar";
import { ActionsPane } from "../panels/actions";
import { DecisionsPane } from "../panels/decisions";
import { keysOf } from "../panels/rows-pane";
import { icon } from "../ui/icons";
import { t } from "../ui/words";
import type { Room } from "../view/room";
import type { Route } from "../view/route";
import { PicturePane } from "./picture-pane";

export interface CentreHosts {
  readonly centre: HTMLElement;
  readonly content: HTMLElement;
  readonly toolbar: HTMLElement;
}

export class Centre {
  readonly pictures: PicturePane;
  readonly #room: Room;
  readonly #hosts: CentreHosts;
  readonly #toolbar: Toolbar;
  #list: DecisionsPane | ActionsPane | undefined;
  #stopTitle: (() => void) | undefined;
  #route: Route | undefined;

  constructor(room: Room, hosts: CentreHosts) {
    this.#room = room;
    this.#hosts = hosts;
    this.#toolbar = new Toolbar(hosts.toolbar, () => this.#factButton());
    this.pictures = new PicturePane(hosts.content, room, {
      onState: (view) => this.#toolbar.show(view),
      leave: () => hosts.centre.focus(),
    });
  }

  get view(): EditorView | undefined {
    return this.pictures.view;
  }

  /** The text beside the centre: it has no tools of its own. */
  readonly lendTools = (view: EditorView | undefined): void => this.#toolbar.lend(view);

  /** Adds a row to the list that is open in the centre; false when none is. */
  addRow(): boolean {
    this.#list?.addRow();
    return this.#list !== undefined;
  }

  async show(route: Route): Promise<void> {
    this.#route = route;
    const shared = this.#documentOf(route);
    if (shared === undefined) return;
    await shared.whenLoaded;
    // somebody in a hurry went elsewhere meanwhile
    if (this.#route !== route) return;
    this.#draw(route, shared);
    this.#name(route);
  }

  /** A document begins anew: what was bound to it is drawn again. */
  async replaced(shared: SharedDocument): Promise<void> {
    this.pictures.forget(shared);
    if (this.#route === undefined || this.#documentOf(this.#route) !== shared) return;
    this.#endList();
    await this.show(this.#route);
  }

  #factButton(): TemplateResult {
    return html`<button
      class="button"
      data-kind="quiet"
      type="button"
      @click=${() => this.pictures.addFact()}
    >
      ${icon("plus")} <span>${t("New fact")}</span>
    </button>`;
  }

  #documentOf(route: Route): SharedDocument | undefined {
    const name = route.place === "own" ? this.#room.ownPicture : route.place;
    if (name === undefined || name === "themes") return undefined;
    return this.#room.docs.has(name) ? this.#room.docs.get(name) : undefined;
  }

  #draw(route: Route, shared: SharedDocument): void {
    switch (route.place) {
      case "picture":
      case "own":
        this.#endList();
        this.pictures.show(shared, route.theme ?? "");
        return;
      case "decisions":
        this.#showList(() => new DecisionsPane(this.#room, shared), route.row);
        return;
      case "actions":
        this.#showList(() => new ActionsPane(this.#room, shared), route.row);
        return;
      case "themes":
        return;
      default:
        route satisfies never;
    }
  }

  #showList(make: () => DecisionsPane | ActionsPane, row: string | undefined): void {
    this.pictures.hide();
    this.#endList();
    const list = make();
    list.full = true;
    list.selected = row;
    this.#list = list;
    this.#hosts.content.replaceChildren(list);
    this.#showTitle();
    this.#stopTitle = list.onRights(() => this.#showTitle());
    if (row !== undefined) void list.updateComplete.then(() => list.showSelected());
  }

  #showTitle(): void {
    const list = this.#list;
    if (list === undefined || this.#route === undefined) return;
    this.#toolbar.showTitle(html`<div class="toolbar">
      <h2 class="toolbar-title">${nameOf(this.#route, this.#room)}</h2>
      <div class="toolbar-end">${list.addTool()}</div>
    </div>`);
  }

  #endList(): void {
    this.#stopTitle?.();
    this.#list?.end();
    this.#list = undefined;
    this.#toolbar.showTitle(undefined);
  }

  /** The pane and the page are called after what they show. */
  #name(route: Route): void {
    const { title, exercise } = this.#room.boot.incident;
    const name = nameOf(route, this.#room);
    this.#hosts.centre.setAttribute("aria-label", name);
    const isList = route.place === "decisions" || route.place === "actions";
    this.#hosts.centre.dataset.keys = isList ? keysOf(route.place, true) : "picture";
    document.title = [name, title, ...(exercise ? [t("exercise")] : [])].join(", ");
  }
}

function nameOf(route: Route, room: Room): string {
  switch (route.place) {
    case "decisions":
      return t("Decisions");
    case "actions":
      return t("Actions");
    case "themes":
      return t("Themes");
    case "picture":
    case "own": {
      const { themes } = room.boot.incident;
      return themes.find(({ id }) => id === route.theme)?.title ?? t("Picture");
    }
    default:
      return route satisfies never;
  }
}

/** What others see of where this person is, while they do not write. */
export function placeOf(route: Route, room: Room): Place {
  switch (route.place) {
    case "picture":
      return { document: "picture", ...(route.theme === undefined ? {} : { theme: route.theme }) };
    case "own":
      return { document: room.ownPicture ?? "picture" };
    case "decisions":
    case "actions":
      return { document: route.place, ...(route.row === undefined ? {} : { row: route.row }) };
    case "themes":
      return { document: "picture" };
    default:
      return route satisfies never;
  }
}
