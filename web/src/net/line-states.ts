/**
 * The states of the live line and what moves it from one to the next, as a table. What is not in
 * the table does not happen: a late event of an earlier attempt changes nothing.
 */

import { CloseCode } from "../contract.gen";

export type LineState =
  /** Not begun. */
  | "idle"
  /** Asking the server whether our session still stands, before anything of ours is sent. */
  | "checking"
  /** The socket is being opened. */
  | "opening"
  /** The socket is open; the server has said nothing yet. */
  | "greeting"
  /** The server was heard on this socket. */
  | "live"
  /** Between two attempts. */
  | "waiting"
  /** No attempt will be made by itself: somebody has to do something first. */
  | "stopped"
  /** The page is done with the line. */
  | "left";

export type LineEvent =
  | "start"
  | "admitted"
  | "opened"
  | "heard"
  | "lost"
  | "retry"
  | "ended"
  | "resume"
  | "leave";

const TABLE: Record<LineState, Partial<Record<LineEvent, LineState>>> = {
  idle: { start: "checking", leave: "left" },
  checking: { admitted: "opening", lost: "waiting", ended: "stopped", leave: "left" },
  opening: { opened: "greeting", lost: "waiting", ended: "stopped", leave: "left" },
  greeting: { heard: "live", lost: "waiting", ended: "stopped", leave: "left" },
  live: { lost: "waiting", ended: "stopped", leave: "left" },
  waiting: { retry: "checking", ended: "stopped", leave: "left" },
  stopped: { resume: "checking", leave: "left" },
  left: {},
};

/** The state after `event`, or undefined when `event` means nothing in `state`. */
export function next(state: LineState, event: LineEvent): LineState | undefined {
  return TABLE[state][event];
}

export function isOpen(state: LineState): boolean {
  return state === "greeting" || state === "live";
}

/** Why the line was lost or stopped; the page has a sentence for each. */
export type LineReason =
  | "unreachable"
  | "silent"
  | "stuck"
  | "restart"
  | "busy"
  | "storage"
  | "refused-content"
  | "session-ended"
  | "other-person"
  | "forbidden"
  | "asked";

/** What a close code asks of us. */
export interface Verdict {
  /** `retry`: come back by itself. `rescue`: put what was refused aside, then come back.
   * `stop`: do not come back. */
  next: "retry" | "rescue" | "stop";
  reason: LineReason;
}

const VERDICTS: Record<number, Verdict> = {
  [CloseCode.TOO_BIG]: { next: "rescue", reason: "refused-content" },
  [CloseCode.RESTART]: { next: "retry", reason: "restart" },
  [CloseCode.TRY_LATER]: { next: "retry", reason: "busy" },
  [CloseCode.MALFORMED]: { next: "rescue", reason: "refused-content" },
  [CloseCode.UNAUTHENTICATED]: { next: "stop", reason: "session-ended" },
  [CloseCode.FORBIDDEN]: { next: "stop", reason: "forbidden" },
  [CloseCode.UNKNOWN_DOCUMENT]: { next: "stop", reason: "forbidden" },
  [CloseCode.STORAGE]: { next: "retry", reason: "storage" },
};

/** The dialect's own word for "I closed it myself because nothing was heard". */
export const FORCED = 4408;

/** Codes that nobody agreed on (a proxy, a cut cable: 1006) come back. */
export function verdictOf(code: number): Verdict {
  return VERDICTS[code] ?? { next: "retry", reason: "unreachable" };
}

const FIRST_DELAY = 500;
const GROWTH = 1.7;
const LONGEST_DELAY = 30_000;

/**
 * How long to wait before the next try: a random part of a span that grows, so that a room full
 * of pages does not come back in one moment.
 */
export function backoff(failures: number, random: () => number): number {
  return random() * Math.min(LONGEST_DELAY, FIRST_DELAY * GROWTH ** failures);
}

/** Nobody is sent away for longer than this, whatever a server or a proxy says. */
const LONGEST_TOLD = 120;

/**
 * After how many milliseconds the server wants us back, from the reason of its close frame
 * (`restart; retry-after=12`); undefined when it did not say.
 */
export function toldIn(reason: string): number | undefined {
  const found = /(?:^|;\s*)retry-after=(\d{1,6})\b/.exec(reason);
  return found?.[1] === undefined ? undefined : toldAs(Number(found[1]));
}

/** Seconds from a server as milliseconds within bounds; undefined for what is no such number. */
export function toldAs(seconds: unknown): number | undefined {
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0) return undefined;
  return 1000 * Math.min(LONGEST_TOLD, seconds);
}

export const SILENT_WHILE_UNSAVED = 5_000;
export const SILENT_AT_ALL = 12_000;

/**
 * Whether a line on which nothing was heard since `heardAt` counts as offline. The server says
 * something every 5 s. Something has to be unsaved for the whole span before the shorter limit
 * holds, or a word that is about to arrive would be too late by definition.
 */
export function isSilent(now: number, heardAt: number, unsavedSince: number | undefined): boolean {
  if (now - heardAt >= SILENT_AT_ALL) return true;
  return (
    unsavedSince !== undefined && now - Math.max(heardAt, unsavedSince) >= SILENT_WHILE_UNSAVED
  );
}
