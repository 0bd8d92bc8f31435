import { afterEach, expect, test } from "vitest";
import {
  formatAge,
  formatClock,
  formatDate,
  formatMoment,
  formatSpan,
  formatTime,
  setLocale,
  spokenAge,
  t,
  tn,
} from "../../src/ui/words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NIGHT = new Date("2021-07-16T01:17:22Z");

afterEach(() => setLocale("nl"));

test("a message id reads in Dutch, and in English as it stands", () => {
  setLocale("nl");
  expect(t("Close")).toBe("Sluit");
  setLocale("en");
  expect(t("Close")).toBe("Close");
});

test("a word without a translation is shown in English rather than not at all", () => {
  setLocale("nl");
  expect(t("A word that nobody translated")).toBe("A word that nobody translated");
});

test("parameters are filled in; an unknown one stays visible", () => {
  setLocale("en");
  expect(t("{a} and {b}", { a: 1 })).toBe("1 and {b}");
});

test("one and many have their own form", () => {
  setLocale("nl");
  expect(tn("{n} day", "{n} days", 1)).toBe("1 dag");
  expect(tn("{n} day", "{n} days", 3)).toBe("3 dagen");
  setLocale("en");
  expect(tn("{n} day", "{n} days", 0)).toBe("0 days");
});

test("times are those of Amsterdam, whatever the zone of the device", () => {
  expect(formatTime(NIGHT)).toBe("03:17");
  expect(formatClock(NIGHT)).toBe("03:17:22");
  expect(formatDate(NIGHT)).toBe("vr 16 jul");
  expect(formatTime(new Date("2021-01-16T23:05:00Z"))).toBe("00:05");
});

test("a moment of today is its time only, another day is named", () => {
  const now = new Date("2021-07-16T20:00:00Z");
  expect(formatMoment(NIGHT, now)).toBe("03:17");
  expect(formatMoment(new Date("2021-07-15T19:40:00Z"), now)).toBe("do 15 jul 21:40");
});

test("the same day of another year is not today", () => {
  const later = new Date("2026-07-16T20:00:00Z");
  expect(formatMoment(NIGHT, later)).toBe("16 jul 2021 03:17");
});

test.each([
  [-5 * MINUTE, "nu"],
  [0, "nu"],
  [59_999, "nu"],
  [MINUTE, "1 min"],
  [41 * MINUTE + 30_000, "41 min"],
  [HOUR, "1 u 00"],
  [72 * MINUTE, "1 u 12"],
  [24 * HOUR - 1, "23 u 59"],
  [24 * HOUR, "1 dag"],
  [71 * HOUR, "2 dagen"],
])("an age of %i ms is written %s", (ms, words) => {
  setLocale("nl");
  expect(formatAge(ms)).toBe(words);
});

test("an age is spoken in whole words", () => {
  setLocale("nl");
  expect(spokenAge(22 * MINUTE)).toBe("22 minuten oud");
  expect(spokenAge(61 * MINUTE)).toBe("1 uur 1 minuut oud");
  expect(spokenAge(HOUR)).toBe("1 uur oud");
  expect(spokenAge(50 * HOUR)).toBe("2 dagen oud");
});

test("a rhythm is said in its largest whole unit", () => {
  expect([10_080, 1_440, 120, 90].map(formatSpan)).toEqual([
    "7 dagen",
    "1 dag",
    "2 uur",
    "90 minuten",
  ]);
});
