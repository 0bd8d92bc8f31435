import { describe, expect, it } from "vitest";
import { byDeadline, lateBy } from "../../src/panels/deadlines";
import { HeldOrder } from "../../src/panels/held-order";
import { fromWallTime, toWallTime } from "../../src/panels/wall-time";

describe("a list that somebody has in hand", () => {
  it("keeps its order while the order it should have changes", () => {
    const list = new HeldOrder();
    list.show(["a", "b", "c"], false);
    expect(list.show(["c", "a", "b"], true)).toEqual({ shown: ["a", "b", "c"], waiting: 0 });
    expect(list.show(["c", "a", "b"], false).shown).toEqual(["c", "a", "b"]);
  });

  it("lets new rows of others wait, and counts them", () => {
    const list = new HeldOrder();
    list.show(["a"], false);
    expect(list.show(["x", "a", "y", "z"], true)).toEqual({ shown: ["a"], waiting: 3 });
    expect(list.release(["x", "a", "y", "z"])).toEqual({ shown: ["x", "a", "y", "z"], waiting: 0 });
  });

  it("shows a row of one's own at once, where it belongs, and nobody else's with it", () => {
    const list = new HeldOrder();
    list.show(["a", "b"], false);
    list.addOwn("mine");
    expect(list.show(["a", "theirs", "mine", "b"], true)).toEqual({
      shown: ["a", "mine", "b"],
      waiting: 1,
    });
    expect(list.show(["a", "theirs", "mine", "b"], true).shown).toEqual(["a", "mine", "b"]);
  });

  it("puts an own row on top when it comes before all", () => {
    const list = new HeldOrder();
    list.show(["a"], false);
    list.addOwn("mine");
    expect(list.show(["mine", "a"], true).shown).toEqual(["mine", "a"]);
  });

  it("keeps the place of a row that others removed", () => {
    const list = new HeldOrder();
    list.show(["a", "b", "c"], false);
    expect(list.show(["a", "c"], true).shown).toEqual(["a", "b", "c"]);
    expect(list.show(["a", "c"], false).shown).toEqual(["a", "c"]);
  });

  it("follows one's own undo at once, and moves nothing else", () => {
    const list = new HeldOrder();
    list.show(["a", "b", "c"], false);
    list.show(["c", "a"], true);
    list.follow(["c", "a", "back"]);
    expect(list.show(["c", "a", "back"], true)).toEqual({ shown: ["a", "back", "c"], waiting: 0 });
  });

  it("is not held before it was shown", () => {
    expect(new HeldOrder().show(["a"], true)).toEqual({ shown: ["a"], waiting: 0 });
  });
});

describe("a deadline", () => {
  const now = Date.UTC(2026, 10, 23, 3, 17);
  const action = (due: string, state = "open", more: object = {}) => ({
    id: due,
    due,
    state,
    order: 1,
    priority: "average",
    ...more,
  });

  it("is late from a minute past it", () => {
    expect(lateBy(action("2026-11-23T03:05:00Z"), now)).toBe(12 * 60_000);
    expect(lateBy(action("2026-11-23T03:16:30Z"), now)).toBeUndefined();
    expect(lateBy(action("2026-11-23T03:20:00Z"), now)).toBeUndefined();
  });

  it("is never late when it is done, dropped, missing or no time", () => {
    expect(lateBy(action("2026-11-23T03:05:00Z", "done"), now)).toBeUndefined();
    expect(lateBy(action("2026-11-23T03:05:00Z", "dropped"), now)).toBeUndefined();
    expect(lateBy(action(""), now)).toBeUndefined();
    expect(lateBy(action("straks"), now)).toBeUndefined();
  });

  it("orders: open by time, then by priority, without a time behind, what is over below", () => {
    const rows = [
      action("2026-11-23T01:00:00Z", "done"),
      action("", "open", { id: "no time" }),
      action("2026-11-23T05:00:00Z", "busy"),
      action("2026-11-23T03:00:00Z", "open", { id: "low", priority: "low" }),
      action("2026-11-23T03:00:00Z", "open", { id: "urgent", priority: "urgent" }),
    ];
    expect(rows.sort(byDeadline).map((row) => row.id)).toEqual([
      "urgent",
      "low",
      "2026-11-23T05:00:00Z",
      "no time",
      "2026-11-23T01:00:00Z",
    ]);
  });
});

describe("a time that somebody types", () => {
  it.each([
    ["2026-11-23T03:15", "2026-11-23T02:15:00.000Z"],
    ["2021-07-16T03:15", "2021-07-16T01:15:00.000Z"],
    ["2026-10-25T02:30", "2026-10-25T00:30:00.000Z"], // comes twice: the first
    ["2026-03-29T02:30", "2026-03-29T01:30:00.000Z"], // does not exist: 03:30
  ])("%s is Amsterdam time: %s", (local, iso) => {
    expect(fromWallTime(local)).toBe(iso);
  });

  it("goes there and back", () => {
    expect(toWallTime("2026-11-23T02:15:00.000Z")).toBe("2026-11-23T03:15");
    expect(toWallTime("")).toBe("");
    expect(toWallTime("straks")).toBe("");
    expect(fromWallTime("")).toBe("");
  });
});
