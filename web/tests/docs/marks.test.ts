import { expect, test } from "vitest";
import { type MarkRow, Marks, marksIn } from "../../src/docs/marks";

const ANA: MarkRow = [7, 0, "24", "A. Ana", 1_000];
const BEN: MarkRow = [9, 4, "WL", "B. Ben", 2_000];
const ANA_LATER: MarkRow = [7, 50, "24", "A. Ana", 90_000];

function marks(...rows: MarkRow[]): Marks {
  const all = new Marks();
  all.add(rows);
  return all;
}

test("an item is of whoever made the last mark up to its clock", () => {
  const all = marks(ANA, BEN, ANA_LATER);
  expect(all.authorOf(7, 49)?.at).toEqual(new Date(1_000));
  expect(all.authorOf(7, 50)?.at).toEqual(new Date(90_000));
  expect(all.authorOf(9, 4)?.name).toBe("B. Ben");
});

test("what nobody marked has no author", () => {
  const all = marks(BEN);
  expect(all.authorOf(9, 3)).toBeUndefined();
  expect(all.authorOf(1, 0)).toBeUndefined();
});

test("the order of arrival does not matter", () => {
  expect(marks(ANA_LATER, ANA).authorOf(7, 10)?.at).toEqual(new Date(1_000));
});

test("a second mark at one clock counts from there on", () => {
  const other: MarkRow = [7, 0, "25", "C. Cas", 5_000];
  expect(marks(ANA, other).authorOf(7, 0)?.name).toBe("C. Cas");
});

test("the newest of all, or of those that are asked for", () => {
  const all = marks(ANA, BEN, ANA_LATER);
  expect(all.latest()?.client).toBe(7);
  expect(all.latest((mark) => mark.org === "WL")?.client).toBe(9);
  expect(all.latest(() => false)).toBeUndefined();
});

test("the list that comes again after a reconnect is no news", () => {
  const all = marks(ANA, BEN);
  let told = 0;
  all.onChange(() => told++);
  all.add([ANA, BEN]);
  expect(told).toBe(0);
  all.add([ANA, ANA_LATER]);
  expect(told).toBe(1);
});

test("rows that are not as they should be are passed over", () => {
  expect(marksIn([ANA, [1, 2], "x", null, [1, "2", "a", "b", 3]])).toEqual([ANA]);
  expect(marksIn({ marks: [] })).toEqual([]);
});
