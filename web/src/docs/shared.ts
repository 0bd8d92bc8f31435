/**
 * A shared document as the page holds it. The handle stays for as long as the page; what it
 * holds may be replaced by a fresh document when the server refused what was written
 * (`onReplaced`): whoever bound something to `doc` then binds it anew.
 */
import type { HocuspocusProvider } from "@hocuspocus/provider";
import type * as Y from "yjs";
import type { BootDocument } from "../boot";
import { Listeners } from "../net/listeners";
import type { RescueReason } from "../net/rescue";
import type { DocumentState } from "../net/status";
import type { Marks } from "./marks";
import { type Notice, rescueReasonOf } from "./notices";
import type { Replica, ReplicaEvents } from "./replica";

export interface SharedDocument {
  /** `picture`, `decisions`, … as in the table of documents. */
  readonly document: string;
  readonly doc: Y.Doc;
  readonly provider: HocuspocusProvider;
  readonly marks: Marks;
  /** Whether this person may write now; changes while the page is open. */
  readonly mayWrite: boolean;
  /** Why the document cannot be read any more, if so. */
  readonly refused: RescueReason | undefined;
  /** There is something true to show: what was kept on this device, or what the server has. */
  readonly whenLoaded: Promise<void>;
  onRights(listener: (mayWrite: boolean) => void): () => void;
  onReplaced(listener: () => void): () => void;
}

/** What a document needs of the incident that it belongs to. */
export interface Keeper {
  /** A replica for an address, in its place on the line, not yet opened. */
  replica(address: BootDocument, events: ReplicaEvents): Replica;
  changed(): void;
  /** Let in, on a new connection or with other rights. */
  admitted(document: OpenDocument): void;
  /** The server will not take what was written, or not show the document any more. */
  refused(document: OpenDocument, reason: RescueReason): void;
  /** The session is over. */
  signedOut(): void;
  noticed(notice: Notice): void;
  /** The server closed the document for a reason that passes. */
  comeBack(): void;
}

const FINAL: readonly RescueReason[] = ["forbidden", "unknown-document", "withdrawn"];
/** How long the reason may come after the refusal itself. */
const REASON_FOLLOWS = 250;

export class OpenDocument implements SharedDocument {
  readonly document: string;
  readonly #keeper: Keeper;
  readonly #rights = new Listeners<[boolean]>();
  readonly #replaced = new Listeners();
  #address: BootDocument;
  #replica: Replica;
  #mayWrite: boolean;
  #refused: RescueReason | undefined;
  #isPutAside = false;
  #awaitingReason: ReturnType<typeof setTimeout> | undefined;

  constructor(address: BootDocument, keeper: Keeper) {
    this.document = address.document;
    this.#keeper = keeper;
    this.#address = address;
    this.#mayWrite = address.mayWrite;
    this.#replica = this.#begin(address);
  }

  get doc(): Y.Doc {
    return this.#replica.doc;
  }

  get provider(): HocuspocusProvider {
    return this.#replica.provider;
  }

  get marks(): Marks {
    return this.#replica.marks;
  }

  get replica(): Replica {
    return this.#replica;
  }

  get address(): BootDocument {
    return this.#address;
  }

  get mayWrite(): boolean {
    return this.#mayWrite && this.#refused === undefined;
  }

  get refused(): RescueReason | undefined {
    return this.#refused;
  }

  /** Refused, and no fresh document will take its place. */
  get isShut(): boolean {
    return this.#refused !== undefined && FINAL.includes(this.#refused);
  }

  get whenLoaded(): Promise<void> {
    return this.#replica.whenLoaded;
  }

  /** What the status depends on. A document that was refused is not in step until a fresh one
   * is; what it holds counts as waiting until it is kept as a copy. */
  get state(): DocumentState {
    const state = this.#replica.state(this.#mayWrite);
    if (this.#refused === undefined) return state;
    const kept = this.#isPutAside ? { waiting: 0, since: undefined } : {};
    return { ...state, inStep: false, ...kept };
  }

  onRights(listener: (mayWrite: boolean) => void): () => void {
    return this.#rights.add(listener);
  }

  onReplaced(listener: () => void): () => void {
    return this.#replaced.add(listener);
  }

  /** Nothing more may be written here: editors become read-only before this returns. */
  freeze(reason: RescueReason): void {
    const could = this.mayWrite;
    this.#refused = reason;
    if (could) this.#rights.tell(false);
  }

  /** What was unsent is kept as a copy. */
  putAside(): void {
    this.#isPutAside = true;
    this.#keeper.changed();
  }

  /** A fresh document takes the place of the one that was left. */
  replace(address: BootDocument): void {
    this.#address = address;
    this.#refused = undefined;
    this.#isPutAside = false;
    this.#mayWrite = address.mayWrite;
    this.#replica = this.#begin(address);
    this.#replaced.tell();
    this.#rights.tell(this.mayWrite);
  }

  destroy(): void {
    clearTimeout(this.#awaitingReason);
    this.#replica.leave();
    this.#rights.clear();
    this.#replaced.clear();
  }

  #begin(address: BootDocument): Replica {
    const replica = this.#keeper.replica(address, {
      changed: () => this.#keeper.changed(),
      admitted: (mayWrite) => this.#admitted(mayWrite),
      denied: (reason) => this.#denied(reason),
      notTaken: () => this.#notTaken(),
      noticed: (notice) => this.#noticed(notice),
    });
    void replica.open();
    return replica;
  }

  #admitted(mayWrite: boolean): void {
    const could = this.mayWrite;
    this.#mayWrite = mayWrite;
    if (could !== this.mayWrite) this.#rights.tell(this.mayWrite);
    this.#keeper.admitted(this);
    this.#keeper.changed();
  }

  #denied(reason: string): void {
    const refusal = rescueReasonOf(reason);
    if (refusal !== undefined) this.#refuse(refusal);
    else if (reason === "unauthenticated" || reason === "session-ended") this.#keeper.signedOut();
    else this.#keeper.comeBack();
  }

  /** "Not taken" comes first and its reason right behind; without a reason it is about rights. */
  #notTaken(): void {
    clearTimeout(this.#awaitingReason);
    this.#awaitingReason = setTimeout(() => this.#refuse("read-only"), REASON_FOLLOWS);
  }

  #noticed(notice: Notice): void {
    if (notice.kind !== "refused") {
      this.#keeper.noticed(notice);
      return;
    }
    const refusal = notice.retry ? undefined : rescueReasonOf(notice.reason);
    if (refusal !== undefined) this.#refuse(refusal);
  }

  #refuse(reason: RescueReason): void {
    clearTimeout(this.#awaitingReason);
    if (this.#refused !== undefined) return;
    this.#keeper.refused(this, reason);
  }
}
