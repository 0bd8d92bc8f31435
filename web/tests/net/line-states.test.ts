import { describe, expect, test } from "vitest";
import { CloseCode } from "../../src/contract.gen";
import {
  backoff,
  isSilent,
  type LineEvent,
  type LineState,
  next,
  toldAs,
  toldIn,
  verdictOf,
} from "../../src/net/line-states";

const STATES: LineState[] = [
  "idle",
  "checking",
  "opening",
  "greeting",
  "live",
  "waiting",
  "stopped",
  "left",
];
const EVENTS: LineEvent[] = [
  "start",
  "admitted",
  "opened",
  "heard",
  "lost",
  "retry",
  "ended",
  "resume",
  "leave",
];

test("the whole table", () => {
  const told = STATES.map((state) => {
    const moves = EVENTS.flatMap((event) => {
      const to = next(state, event);
      return to === undefined ? [] : [`${event} → ${to}`];
    });
    return `${state}: ${moves.join(", ")}`;
  });
  expect(told).toEqual([
    "idle: start → checking, leave → left",
    "checking: admitted → opening, lost → waiting, ended → stopped, leave → left",
    "opening: opened → greeting, lost → waiting, ended → stopped, leave → left",
    "greeting: heard → live, lost → waiting, ended → stopped, leave → left",
    "live: lost → waiting, ended → stopped, leave → left",
    "waiting: retry → checking, ended → stopped, leave → left",
    "stopped: resume → checking, leave → left",
    "left: ",
  ]);
});

test("only by asking for our session does a line come to life", () => {
  const ways = STATES.filter((state) => next(state, "admitted") !== undefined);
  expect(ways).toEqual(["checking"]);
});

describe("close codes", () => {
  test.each([
    [CloseCode.UNAUTHENTICATED, "stop"],
    [CloseCode.FORBIDDEN, "stop"],
    [CloseCode.UNKNOWN_DOCUMENT, "stop"],
    [CloseCode.MALFORMED, "rescue"],
    [CloseCode.TOO_BIG, "rescue"],
    [CloseCode.RESTART, "retry"],
    [CloseCode.TRY_LATER, "retry"],
    [CloseCode.STORAGE, "retry"],
    [1006, "retry"],
    [1000, "retry"],
    [4599, "retry"],
  ])("%i: %s", (code, verdict) => {
    expect(verdictOf(code).next).toBe(verdict);
  });
});

describe("backoff", () => {
  test("grows to half a minute and no further", () => {
    const longest = [0, 1, 2, 5, 10, 100].map((failures) => Math.round(backoff(failures, () => 1)));
    expect(longest).toEqual([500, 850, 1445, 7099, 30_000, 30_000]);
  });

  test("is spread over the whole span, so that a room does not come back at once", () => {
    expect(backoff(3, () => 0)).toBe(0);
  });
});

describe("silence", () => {
  test.each([
    ["nothing unsaved, 11.9 s", 11_900, undefined, false],
    ["nothing unsaved, 12 s", 12_000, undefined, true],
    ["unsaved all the while, 4.9 s", 4_900, 0, false],
    ["unsaved all the while, 5 s", 5_000, 0, true],
    ["something was written a moment ago on a line that was quiet", 9_000, 8_000, false],
    ["and stayed unsaved for 5 s", 13_000, 8_000, true],
  ])("%s", (_, now, unsavedSince, silent) => {
    expect(isSilent(now, 0, unsavedSince)).toBe(silent);
  });
});

describe("when the server wants us back", () => {
  test.each([
    ["restart; retry-after=12", 12_000],
    ["retry-after=0", 0],
    ["too-slow", undefined],
    ["", undefined],
    ["restart; retry-after=soon", undefined],
    ["restart; retry-after=999999", 120_000],
  ])("%s", (reason, ms) => {
    expect(toldIn(reason)).toBe(ms);
  });

  test.each([undefined, null, "7", -1, Number.NaN])("%s says nothing", (seconds) => {
    expect(toldAs(seconds)).toBeUndefined();
  });
});
