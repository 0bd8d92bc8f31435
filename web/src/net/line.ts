import type { Cancel, Clock } from "./clock";
import {
  backoff,
  isOpen,
  isSilent,
  type LineEvent,
  type LineReason,
  type LineState,
  next,
  toldIn,
  verdictOf,
} from "./line-states";
import { Listeners } from "./listeners";
import { Socket, type WebSocketClass } from "./socket";

/** What asking the server for our session can come to; a lost line rejects instead. */
export type Admission = "admitted" | "session-ended" | "other-person";

/** The server has no place for us now, and said when it will. */
export class ComeBackLater extends Error {
  readonly ms: number;

  constructor(ms: number) {
    super("the server is too busy");
    this.ms = ms;
  }
}

export interface LineParts {
  url: string;
  clock: Clock;
  /** Asks whether the session is still that of the person of this page. Rejects when the server
   * cannot be reached, with ComeBackLater when it said when. */
  admit(signal: AbortSignal): Promise<Admission>;
  /** Since when, on the line's clock, something waits to be saved. */
  unsavedSince(): number | undefined;
  /** The server cannot take what we sent: put it aside before the line comes back. */
  contentRefused(): void;
  random?: () => number;
  webSocket?: WebSocketClass;
}

/** A server that takes the connection and stays silent counts as unreachable after this. */
const CONNECT_LIMIT = 10_000;
/** The question about our session is small; over a connection that died meanwhile it hangs. */
const ADMIT_LIMIT = 5_000;
/** A line that something speaks against is believed for this long without a sign of life. */
const DOUBT_LIMIT = 2_000;
const LONGEST_PATIENCE = 60_000;
const CHECK_EVERY = 250;
const PROBE_AFTER = 2_000;
/** A line that stood this long was a good one: the next loss begins with short waits again. */
const PROVEN_AFTER = 10_000;
/** When our own check came this late the page slept or was busy: hear first what is queued. */
const LATE = 2_000;

/**
 * The live line: one socket, opened again and again until it holds. What may happen in which
 * state is the table in `line-states.ts`; this class only makes it happen.
 */
export class Line {
  readonly socket: Socket;
  readonly #parts: LineParts;
  readonly #changes = new Listeners();
  #state: LineState = "idle";
  #reason: LineReason | undefined;
  #heardAt: number;
  #openedAt = 0;
  #failures = 0;
  #heardOn: Date;
  #checkedAt = 0;
  #probedAt = 0;
  #doubtedAt: number | undefined;
  #patience = 0;
  /** The server asked not to be bothered before, on the line's clock. */
  #notBefore = 0;
  #everLive = false;
  #pending: Cancel[] = [];
  #check: Cancel | undefined;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#heardAt = parts.clock.now();
    this.#heardOn = parts.clock.date();
    const events = {
      opened: () => this.#opened(),
      heard: () => this.#heard(),
      closed: (code: number, reason: string) => this.#closed(code, reason),
    };
    this.socket = new Socket(parts.url, events, parts.webSocket);
  }

  get state(): LineState {
    return this.#state;
  }

  /** Why the line was last lost; gone once it is live again. */
  get reason(): LineReason | undefined {
    return this.#reason;
  }

  /** When this socket was opened, on the line's clock. */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** When anything was last heard, on the line's clock. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The same, on the wall. */
  get heardOn(): Date {
    return this.#heardOn;
  }

  /** No attempt has failed yet since the page began. */
  get isFirstAttempt(): boolean {
    return !this.#everLive && this.#failures === 0 && this.#state !== "stopped";
  }

  /** Open, and not silent: what is sent now may be expected to arrive. */
  get isHeard(): boolean {
    return isOpen(this.#state) && !this.#isSilent();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  start(): void {
    this.#move("start", () => this.#attempt());
  }

  /** Something says that the line may be back (a network, a page that is looked at again): do
   * not wait out the pause, unless the server asked for it, and look whether an open line is
   * really alive. */
  nudge(): void {
    if (this.#toldToWait() === 0) this.#move("retry", () => this.#attempt());
    this.#lookForSilence();
  }

  /** Something says that the line may be gone (the device lost its network): ask at once. */
  doubt(): void {
    if (!isOpen(this.#state)) return;
    this.#doubtedAt ??= this.#parts.clock.now();
    this.socket.probe();
  }

  /** The server told when to come back, for when this line is lost. */
  comeBackIn(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, this.#parts.clock.now() + ms);
  }

  /** Ends this socket and comes back at once, for documents that have to begin anew. */
  reconnect(): void {
    if (isOpen(this.#state)) this.#lose("asked");
    this.nudge();
  }

  /** Ends this socket and comes back after the usual pause. */
  fail(reason: LineReason): void {
    if (isOpen(this.#state)) this.#lose(reason);
  }

  /** No more attempts until `resume`. */
  stop(reason: LineReason): void {
    const wasOpen = isOpen(this.#state);
    this.#reason = reason;
    this.#move("ended", () => {
      if (wasOpen) this.socket.drop(reason);
    });
  }

  resume(): void {
    this.#failures = 0;
    this.#move("resume", () => this.#attempt());
  }

  /** Documents are in step with the server: a line that carried this much is no slow failure. */
  proven(): void {
    this.#patience = 0;
  }

  destroy(): void {
    this.#move("leave", () => undefined);
    this.#changes.clear();
    this.socket.destroy();
  }

  #attempt(): void {
    const abort = new AbortController();
    this.#pending.push(() => abort.abort());
    this.#pending.push(this.#parts.clock.after(ADMIT_LIMIT, () => this.#lose("unreachable")));
    this.#parts.admit(abort.signal).then(
      (admission) => {
        if (!abort.signal.aborted) this.#admitted(admission);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) this.#notAdmitted(error);
      },
    );
  }

  #notAdmitted(error: unknown): void {
    if (!(error instanceof ComeBackLater)) {
      this.#lose("unreachable");
      return;
    }
    this.comeBackIn(error.ms);
    this.#lose(this.#reason === "restart" ? "restart" : "busy");
  }

  #admitted(admission: Admission): void {
    if (admission !== "admitted") {
      this.stop(admission);
      return;
    }
    this.#move("admitted", () => {
      this.#pending.push(this.#parts.clock.after(CONNECT_LIMIT, () => this.#lose("unreachable")));
      void this.socket.connect();
    });
  }

  #opened(): void {
    this.#move("opened", () => {
      this.#openedAt = this.#heardAt = this.#checkedAt = this.#parts.clock.now();
      this.#heardOn = this.#parts.clock.date();
      this.#doubtedAt = undefined;
      this.#notBefore = 0;
      this.#check = this.#parts.clock.every(CHECK_EVERY, () => this.#lookForSilence());
    });
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock.now();
    this.#heardOn = this.#parts.clock.date();
    this.#doubtedAt = undefined;
    this.#move("heard", () => {
      this.#everLive = true;
      this.#reason = undefined;
    });
  }

  #closed(code: number, reason: string): void {
    const told = toldIn(reason);
    if (told !== undefined) this.comeBackIn(told);
    const verdict = verdictOf(code);
    switch (verdict.next) {
      case "stop":
        this.stop(verdict.reason);
        return;
      case "rescue":
        this.#parts.contentRefused();
        this.#lost(verdict.reason);
        return;
      case "retry":
        this.#lost(verdict.reason);
        return;
      default:
        verdict.next satisfies never;
    }
  }

  /** Ends whatever is under way, because of `reason`. */
  #lose(reason: LineReason): void {
    const hadSocket = this.socket.webSocket !== null;
    this.#lost(reason);
    if (hadSocket) this.socket.drop(reason);
  }

  #lost(reason: LineReason): void {
    const stood = isOpen(this.#state) ? this.#parts.clock.now() - this.#openedAt : 0;
    this.#move("lost", () => {
      this.#reason = reason;
      this.#failures = stood >= PROVEN_AFTER ? 0 : this.#failures + 1;
      const first = Math.max(0, this.#failures - 1);
      const pause = this.#toldToWait() + backoff(first, this.#parts.random ?? Math.random);
      this.#pending.push(
        this.#parts.clock.after(pause, () => this.#move("retry", () => this.#attempt())),
      );
    });
  }

  #toldToWait(): number {
    return Math.max(0, this.#notBefore - this.#parts.clock.now());
  }

  /**
   * Moves to the state that the table names, then acts. What an earlier state had under way
   * (timers, a question to the server) is ended first; an event that the table does not know
   * in this state does nothing.
   */
  #move(event: LineEvent, act: () => void): void {
    const state = next(this.#state, event);
    if (state === undefined) return;
    this.#state = state;
    for (const cancel of this.#pending.splice(0)) cancel();
    if (!isOpen(state)) {
      this.#check?.();
      this.#check = undefined;
    }
    act();
    this.#changes.tell();
  }

  #isSilent(): boolean {
    const now = this.#parts.clock.now();
    if (this.#doubtedAt !== undefined && now - this.#doubtedAt >= DOUBT_LIMIT) return true;
    return isSilent(now, this.#heardAt, this.#parts.unsavedSince());
  }

  /** A check that came late finds a page that slept or was busy: what the server said meanwhile
   * may still be in the browser's queue, so it is judged a moment later. */
  #lookForSilence(): void {
    if (!isOpen(this.#state)) return;
    const now = this.#parts.clock.now();
    this.#probeWhileUnsaved(now);
    const late = now - this.#checkedAt > CHECK_EVERY + LATE;
    this.#checkedAt = now;
    if (!late) this.#judgeSilence();
    else this.#pending.push(this.#parts.clock.after(CHECK_EVERY, () => this.#judgeSilence()));
  }

  /** The server speaks by itself every 5 s, which is just as long as silence is believed while
   * something is unsaved: so the page asks. */
  #probeWhileUnsaved(now: number): void {
    if (this.#parts.unsavedSince() === undefined) return;
    if (now - Math.max(this.#heardAt, this.#probedAt) < PROBE_AFTER) return;
    this.#probedAt = now;
    this.socket.probe();
  }

  /** One very large first answer over a slow line looks like silence. The status says offline,
   * but each time the page waits longer before it has that answer begin all over again. */
  #judgeSilence(): void {
    const silence = this.#parts.clock.now() - this.#heardAt;
    if (!this.#isSilent() || silence < this.#patience) return;
    this.#patience = Math.min(LONGEST_PATIENCE, 2 * Math.max(this.#patience, silence));
    this.#lose("silent");
  }
}
