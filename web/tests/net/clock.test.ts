import { expect, test } from "vitest";
import { sleepAwareNow } from "../../src/net/clock";

function aClock() {
  const hands = { steady: 0, wall: 1_000_000 };
  return {
    hands,
    now: sleepAwareNow(
      () => hands.steady,
      () => hands.wall,
    ),
  };
}

test("a device that slept is as old as the wall says", () => {
  const { hands, now } = aClock();
  hands.steady += 100;
  hands.wall += 3_600_000;
  expect(now()).toBe(3_600_000);
});

test("a wall clock that is set back does not make anything younger", () => {
  const { hands, now } = aClock();
  hands.steady += 500;
  hands.wall -= 3_600_000;
  expect(now()).toBe(500);
  hands.steady += 500;
  hands.wall += 500;
  expect(now()).toBe(1_000);
});
