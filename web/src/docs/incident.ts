/**
 * The documents of one incident, on one live line: what the page mounts on, and what its status
 * word is worked out from.
 */
import * as Y from "yjs";
import type { Boot, BootDocument } from "../boot";
import { Line } from "../net/line";
import { Listeners } from "../net/listeners";
import type { RescueCopy } from "../net/rescue";
import { Rescues } from "../net/rescues";
import {
  type DocumentState,
  type LineView,
  type ReadOnlyReason,
  StatusBoard,
  type StatusSource,
} from "../net/status";
import { type OfflineStore, ownerOf, type Shelf } from "../net/store";
import type { IncidentChange } from "../net/work";
import type { Notice } from "./notices";
import { type IncidentParts, usualParts } from "./parts";
import { Presence } from "./presence";
import { Refusals } from "./refusals";
import { Replica, type ReplicaEvents } from "./replica";
import { type Keeper, OpenDocument, type SharedDocument } from "./shared";
import { Standing } from "./standing";

/** Changes that the server does not confirm although the line lives: begin the line anew. */
const STUCK_AFTER = 30_000;
/** Longer than this the first attempt is no beginning any more, but a line that does not come. */
const FIRST_ATTEMPT = 5_000;

export class IncidentDocs {
  readonly boot: Boot;
  readonly status: StatusSource;
  readonly presence: Presence;
  readonly rescues: Rescues;
  readonly store: OfflineStore;
  readonly #parts: IncidentParts;
  readonly #owner: string;
  readonly #line: Line;
  readonly #board: StatusBoard;
  readonly #refusals: Refusals;
  readonly #standing: Standing;
  readonly #begunAt: number;
  readonly #keeper: Keeper;
  readonly #open = new Map<string, OpenDocument>();
  readonly #addresses: Map<string, BootDocument>;
  readonly #endings: (() => void)[];
  readonly #moved = new Listeners();
  /** What the server said about itself: it cannot store, or it is about to restart. */
  #notice: "storage" | "moving" | undefined;
  /** The picture's document before it is opened: presence begins with it. */
  #pictureDoc: Y.Doc | undefined;

  constructor(boot: Boot, parts: IncidentParts = usualParts(boot)) {
    this.boot = boot;
    this.#parts = parts;
    this.#owner = ownerOf(boot.person.id, boot.person.organisation);
    this.#addresses = new Map(boot.documents.map((address) => [address.document, address]));
    this.store = this.#parts.store;
    this.rescues = new Rescues(this.store);
    this.#pictureDoc = new Y.Doc();
    this.presence = new Presence(this.#pictureDoc, boot.person, boot.role);
    this.#standing = new Standing(boot, this.#parts);
    this.#begunAt = this.#parts.clock.now();
    this.#line = this.#newLine();
    this.#board = new StatusBoard(this.#parts.clock, () => this.#inputs());
    this.status = this.#board;
    this.#refusals = this.#newRefusals();
    this.#keeper = this.#newKeeper();
    this.#endings = this.#listen();
    void this.#begin();
  }

  /** The handle of a document; opens it the first time. Throws for one that is not among those
   * that this person may read. */
  get(document: string): SharedDocument {
    return this.#get(document);
  }

  has(document: string): boolean {
    return this.#addresses.has(document);
  }

  /** Something of this person is neither on the server nor on this device. */
  get wouldLoseWork(): boolean {
    const isWaiting = this.#board.current.waiting > 0;
    return (isWaiting && !this.store.isSettled) || this.rescues.isFragile;
  }

  /** Tries the line again after it was stopped: somebody signed in again. */
  resume(): void {
    this.#line.resume();
  }

  /** A document began anew under another address: what was kept of the page names the old one. */
  onMoved(listener: () => void): () => void {
    return this.#moved.add(listener);
  }

  /** What others changed in the incident that this person was not told yet. */
  get change(): IncidentChange | undefined {
    return this.#standing.change;
  }

  understood(): void {
    this.#standing.understood();
  }

  /** The page as the server makes it now, without contents: the incident was changed. */
  onPage(listener: (page: ParentNode) => void): () => void {
    return this.#standing.onPage(listener);
  }

  /** What is unsent now, as copies to read and keep; nothing is put aside by it. */
  copiesOfUnsent(): RescueCopy[] {
    const waiting = this.#readable().filter((open) => open.state.waiting > 0);
    const copies = waiting.map(({ replica: { unsent, shelf } }) =>
      this.#refusals.copyOf(unsent, shelf, "unsent"),
    );
    return copies.filter((copy) => copy !== undefined);
  }

  /** Whether everything is on the server: as soon as it is, or after `ms`. */
  settled(ms: number): Promise<boolean> {
    if (this.#hasAll()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (saved: boolean) => {
        cancel();
        forget();
        resolve(saved);
      };
      const cancel = this.#parts.clock.after(ms, () => finish(this.#hasAll()));
      const forget = this.#board.onChange(() => this.#hasAll() && finish(true));
    });
  }

  destroy(): void {
    for (const end of this.#endings) end();
    this.#refusals.end();
    this.#standing.end();
    for (const open of this.#open.values()) open.destroy();
    this.#board.destroy();
    this.#line.destroy();
    this.presence.destroy();
    this.store.close();
  }

  // --- beginning -------------------------------------------------------------------------------

  #newLine(): Line {
    const { server } = this.#parts;
    return new Line({
      ...this.#parts,
      admit: (signal) => server.admit(signal),
      unsavedSince: () => this.#unsavedSince(),
      contentRefused: () => this.#contentRefused(),
    });
  }

  #newRefusals(): Refusals {
    const { boot, rescues } = this;
    const reconnect = () => this.#line.reconnect();
    return new Refusals({
      ...this.#parts,
      boot,
      rescues,
      reconnect,
      moved: () => this.#moved.tell(),
    });
  }

  #newKeeper(): Keeper {
    return {
      replica: (address, events) => this.#newReplica(address, events),
      changed: () => this.#changed(),
      admitted: ({ document }) => {
        if (document === "picture") this.presence.announce();
      },
      refused: (open, reason) => void this.#refusals.putAside(open, reason),
      signedOut: () => this.#line.stop("session-ended"),
      noticed: (notice) => this.#noticed(notice),
      comeBack: () => this.#line.fail("storage"),
    };
  }

  #listen(): (() => void)[] {
    const { page, clock } = this.#parts;
    return [
      this.#line.onChange(() => this.#lineChanged()),
      this.#standing.onPage(() => this.#board.look()),
      this.store.onChange(() => this.#board.look()),
      page.onBetterTimes(() => {
        this.#line.nudge();
        this.#board.look();
      }),
      page.onWorseTimes(() => this.#line.doubt()),
      page.onReturn(() => this.presence.announce()),
      page.beforeLeaving(() => this.wouldLoseWork),
      clock.every(STUCK_AFTER / 10, () => this.#unstick()),
    ];
  }

  /** What an earlier visit could not send goes first: its documents are opened even if the page
   * does not show them, and what no document will take any more becomes a rescue copy. */
  async #begin(): Promise<void> {
    this.#line.start();
    await this.rescues.load(this.#owner);
    const leftovers = await this.store.leftovers(this.#owner);
    const here = leftovers.filter(({ shelf }) => shelf.incident === this.boot.incident.id);
    for (const { shelf } of here) await this.#takeUp(shelf);
  }

  async #takeUp(shelf: Shelf): Promise<void> {
    const address = this.#addresses.get(shelf.document);
    if (address === undefined) await this.#refusals.rescueWithdrawn(shelf);
    else if (shelf.epoch < epochOf(address)) {
      await this.#refusals.rescueRestored(shelf, this.#get(shelf.document));
    } else this.#get(shelf.document);
  }

  #get(document: string): OpenDocument {
    const known = this.#open.get(document);
    if (known !== undefined) return known;
    const address = this.#addresses.get(document);
    if (address === undefined) throw new Error(`this page may not read ${document}`);
    const open = new OpenDocument(address, this.#keeper);
    this.#open.set(document, open);
    return open;
  }

  #newReplica(address: BootDocument, events: ReplicaEvents): Replica {
    const isPicture = address.document === "picture";
    const doc = isPicture ? this.#nextPictureDoc() : new Y.Doc();
    const awareness = isPicture ? this.presence.awareness : null;
    const { store, clock } = this.#parts;
    const { socket } = this.#line;
    const shelf = this.#shelfOf(address);
    return new Replica({ name: address.name, shelf, doc, awareness, socket, store, clock }, events);
  }

  /** The first time the document that presence began with, then a fresh one, and presence moves. */
  #nextPictureDoc(): Y.Doc {
    const first = this.#pictureDoc;
    this.#pictureDoc = undefined;
    if (first !== undefined) return first;
    const doc = new Y.Doc();
    this.presence.move(doc);
    return doc;
  }

  #shelfOf(address: BootDocument): Shelf {
    const { document } = address;
    const incident = this.boot.incident.id;
    return { owner: this.#owner, incident, document, epoch: epochOf(address) };
  }

  // --- what the line and the documents say -----------------------------------------------------

  /** The server closed the line because of something that was sent: it is in one of the documents
   * with unsent changes. */
  #contentRefused(): void {
    for (const open of this.#open.values()) {
      if (open.state.waiting > 0) void this.#refusals.putAside(open, "too-large");
    }
  }

  /** What was told while the line was away was not heard; nor what changed since a page was made
   * that only now gets its line. */
  #lineChanged(): void {
    const sinceBegin = this.#parts.clock.now() - this.#begunAt;
    if (this.#line.state === "live" && sinceBegin > FIRST_ATTEMPT) this.#standing.lineIsBack();
    this.#changed();
  }

  #noticed(notice: Notice): void {
    if (notice.kind === "incident-changed") this.#standing.changed();
    if (notice.kind === "unavailable") this.#notice = "storage";
    if (notice.kind === "moving") this.#movesOn(notice.comeBackIn);
    if (notice.kind === "session-ended") this.#line.stop("session-ended");
    this.#board.look();
  }

  /** The server is about to go: each page is told another moment to come back. */
  #movesOn(comeBackIn: number | undefined): void {
    this.#notice = "moving";
    if (comeBackIn !== undefined) this.#line.comeBackIn(comeBackIn);
  }

  #changed(): void {
    const states = this.#states();
    const isWaiting = states.some(({ waiting }) => waiting > 0);
    if (this.#line.state !== "live" || (this.#notice === "storage" && !isWaiting)) {
      this.#notice = undefined;
    }
    if (states.length > 0 && states.every(({ inStep }) => inStep)) this.#line.proven();
    this.#board.look();
  }

  // --- the status ------------------------------------------------------------------------------

  #inputs() {
    return {
      line: this.#lineView(),
      documents: this.#states(),
      readOnly: this.#readOnlyReason(),
      windowOnly: this.store.place === "window",
    };
  }

  #states(): DocumentState[] {
    return this.#readable().map((open) => open.state);
  }

  /** What is withdrawn for good counts until its text is kept. */
  #readable(): OpenDocument[] {
    return [...this.#open.values()].filter((open) => !open.isShut || open.state.waiting > 0);
  }

  /** Every document was withdrawn: the line may live, but nothing comes over it any more. */
  get #isShutOut(): boolean {
    return this.#open.size > 0 && this.#readable().length === 0;
  }

  #lineView(): LineView {
    if (this.#isShutOut) {
      const heardAt = this.#line.heardOn;
      return { heard: false, firstAttempt: false, heardAt, reason: "forbidden" };
    }
    const heard = this.#line.isHeard;
    const silence = this.#parts.clock.now() - this.#line.heardAt;
    return {
      heard,
      firstAttempt: this.#line.isFirstAttempt && silence < FIRST_ATTEMPT,
      heardAt: this.#line.heardOn,
      reason: heard ? this.#notice : this.#line.reason,
    };
  }

  #readOnlyReason(): ReadOnlyReason {
    const { role, phase } = this.#standing;
    if (phase === "closed") return "closed";
    return role === "observer" || role === "liaison" ? role : "withdrawn";
  }

  #hasAll(): boolean {
    const { word } = this.#board.current;
    return word === "saved" || word === "read-only";
  }

  /** On the line's clock: since when a change waits to be confirmed. */
  #unsavedSince(): number | undefined {
    const dates = this.#states().flatMap(({ since }) =>
      since === undefined ? [] : [Number(since)],
    );
    if (dates.length === 0) return undefined;
    const { clock } = this.#parts;
    return clock.now() - (Number(clock.date()) - Math.min(...dates));
  }

  /** Changes that nobody confirms on a line that lives mean that the two sides count differently:
   * a fresh connection settles it. */
  #unstick(): void {
    const since = this.#unsavedSince();
    if (since === undefined || this.#notice !== undefined || !this.#line.isHeard) return;
    const progress = [...this.#open.values()].map(({ replica }) => replica.progressAt);
    const last = Math.max(since, this.#line.openedAt, ...progress);
    if (this.#parts.clock.now() - last > STUCK_AFTER) this.#line.fail("stuck");
  }
}

function epochOf({ name }: BootDocument): number {
  return Number(name.split("@").at(-1));
}
