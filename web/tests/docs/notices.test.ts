import { expect, test } from "vitest";
import { parseNotice, rescueReasonOf, saysNotTaken } from "../../src/docs/notices";
import { authenticated, syncStatus } from "../net/wire";

test("what the server says beside the documents", () => {
  const mark = [7, 0, "24", "A. Ana", 1_000];
  expect(parseNotice(JSON.stringify({ kind: "marks", marks: [mark, "?"] }))).toEqual({
    kind: "marks",
    marks: [mark],
  });
  expect(parseNotice('{"kind":"refused","reason":"read-only","retry":false}')).toEqual({
    kind: "refused",
    reason: "read-only",
    retry: false,
  });
  expect(parseNotice('{"kind":"unavailable","reason":"storage"}')).toEqual({ kind: "unavailable" });
  expect(parseNotice('{"kind":"moving"}')).toEqual({ kind: "moving", comeBackIn: undefined });
  expect(parseNotice('{"kind":"moving","seconds":7}')).toEqual({
    kind: "moving",
    comeBackIn: 7_000,
  });
  expect(parseNotice('{"kind":"incident-changed"}')).toEqual({ kind: "incident-changed" });
  expect(parseNotice('{"kind":"session-ended"}')).toEqual({ kind: "session-ended" });
});

test("what this version does not know is passed over", () => {
  for (const odd of ["", "null", "[]", "7", '"x"', "{}", '{"kind":"later"}', "{"]) {
    expect(parseNotice(odd)).toBeUndefined();
  }
});

test("a text is put aside for refusals that stay, not for those that pass", () => {
  expect(["read-only", "stale-epoch", "too-large"].map(rescueReasonOf)).not.toContain(undefined);
  expect(["storage", "restart", "too-many", "unauthenticated", ""].map(rescueReasonOf)).toEqual(
    Array(5).fill(undefined),
  );
});

test("a change that was not taken is told from one that was", () => {
  const told = [syncStatus("a", false), syncStatus("a", true), authenticated("a")];
  expect(told.map((frame) => saysNotTaken(frame.slice().buffer))).toEqual([true, false, false]);
});
