import { describe, expect, test } from "vitest";
import {
  type DocumentState,
  type LineView,
  type Status,
  StatusBoard,
  type StatusInputs,
  statusOf,
} from "../../src/net/status";
import { HandClock } from "./hand-clock";

const EARLY = new Date("2021-07-15T01:15:00Z");
const LATE = new Date("2021-07-15T01:17:20Z");

function aLine(more: Partial<LineView> = {}): LineView {
  return { heard: true, firstAttempt: false, heardAt: LATE, reason: undefined, ...more };
}

function aDocument(more: Partial<DocumentState> = {}): DocumentState {
  return {
    mayWrite: true,
    inStep: true,
    unacknowledged: 0,
    waiting: 0,
    since: undefined,
    savedAt: LATE,
    ...more,
  };
}

function status(
  documents: DocumentState[],
  line: Partial<LineView> = {},
  more: Partial<StatusInputs> = {},
): Status {
  const inputs: StatusInputs = {
    line: aLine(line),
    documents,
    readOnly: "observer",
    windowOnly: false,
  };
  return statusOf({ ...inputs, ...more });
}

const WAITING = { waiting: 2, since: EARLY, unacknowledged: 2 };
const LOST: Partial<LineView> = { heard: false, reason: "unreachable" };

describe("the word", () => {
  test.each<[string, DocumentState[], Partial<LineView>, Status["word"]]>([
    ["all acknowledged", [aDocument(), aDocument()], {}, "saved"],
    ["one change under way", [aDocument(), aDocument(WAITING)], {}, "saving"],
    ["one document not let in yet", [aDocument(), aDocument({ inStep: false })], {}, "connecting"],
    ["the handshake not acknowledged", [aDocument({ unacknowledged: 1 })], {}, "connecting"],
    ["changes before the handshake", [aDocument({ ...WAITING, inStep: false })], {}, "connecting"],
    ["no document yet", [], {}, "connecting"],
    ["nothing heard", [aDocument()], LOST, "offline"],
    ["nothing heard, changes wait", [aDocument(WAITING)], LOST, "offline"],
    ["the very first attempt", [aDocument()], { heard: false, firstAttempt: true }, "connecting"],
    ["only readable documents", [aDocument({ mayWrite: false })], {}, "read-only"],
    ["offline and only readable", [aDocument({ mayWrite: false })], LOST, "offline"],
  ])("%s", (_, documents, line, word) => {
    expect(status(documents, line).word).toBe(word);
  });

  test("a count of the provider that is not zero is never called saved", () => {
    for (let unacknowledged = 1; unacknowledged < 5; unacknowledged++) {
      expect(status([aDocument({ unacknowledged })]).word).not.toBe("saved");
    }
  });

  test("changes that wait are never called saved, whatever the provider counts", () => {
    expect(status([aDocument({ waiting: 1, unacknowledged: 0, since: EARLY })]).word).toBe(
      "saving",
    );
  });

  test("a document for reading never keeps the others from being saved", () => {
    const reading = aDocument({ mayWrite: false, inStep: false, unacknowledged: 1 });
    expect(status([aDocument(), reading]).word).toBe("saved");
  });

  test("changes in a document that may no longer be written are not forgotten", () => {
    const lowered = aDocument({ mayWrite: false, ...WAITING });
    expect(status([aDocument(), lowered])).toMatchObject({ word: "saving", waiting: 2 });
  });
});

describe("what stands beside the word", () => {
  test("offline counts what waits in all documents, since the first of them", () => {
    const later = aDocument({ waiting: 1, since: LATE });
    expect(status([aDocument(WAITING), later], LOST)).toEqual({
      word: "offline",
      waiting: 3,
      since: EARLY,
      reason: "unreachable",
    });
  });

  test("offline with nothing waiting says since when nothing was heard", () => {
    expect(status([aDocument()], { ...LOST, heardAt: EARLY }).since).toEqual(EARLY);
  });

  test("saved says when the last change was confirmed", () => {
    expect(status([aDocument({ savedAt: EARLY }), aDocument()]).at).toEqual(LATE);
  });

  test("read-only says why, and when the server was last heard", () => {
    const reading = [aDocument({ mayWrite: false })];
    expect(status(reading, {}, { readOnly: "closed" })).toEqual({
      word: "read-only",
      waiting: 0,
      at: LATE,
      reason: "closed",
    });
  });

  test("what waits in this window only is said, and only when something waits", () => {
    const inWindow = { windowOnly: true };
    expect(status([aDocument(WAITING)], LOST, inWindow).windowOnly).toBe(true);
    expect(status([aDocument()], LOST, inWindow).windowOnly).toBeUndefined();
  });
});

describe("the board", () => {
  test("tells of a line that became silent without anything happening", () => {
    const clock = new HandClock();
    const line = aLine();
    const inputs = {
      line,
      documents: [aDocument()],
      readOnly: "observer",
      windowOnly: false,
    } as const;
    const board = new StatusBoard(clock, () => inputs);
    const told: string[] = [];
    board.onChange(({ word }) => told.push(word));
    clock.pass(1_000);
    line.heard = false;
    clock.pass(250);
    expect(told).toEqual(["saved", "offline"]);
  });

  test("is read fresh, even while its timer stands still", () => {
    const line = aLine();
    const inputs = {
      line,
      documents: [aDocument()],
      readOnly: "observer",
      windowOnly: false,
    } as const;
    const board = new StatusBoard(new HandClock(), () => inputs);
    expect(board.current.word).toBe("saved");
    line.heard = false;
    expect(board.current.word).toBe("offline");
  });

  test("tells each change once", () => {
    const clock = new HandClock();
    const inputs = {
      line: aLine(),
      documents: [aDocument()],
      readOnly: "observer",
      windowOnly: false,
    } as const;
    const board = new StatusBoard(clock, () => inputs);
    let told = 0;
    board.onChange(() => told++);
    clock.pass(5_000);
    expect(told).toBe(1);
  });
});
