import { expect, test } from "vitest";
import { freshness } from "../../src/ui/age";
import { type Command, findCommands } from "../../src/ui/commands";
import { ICONS, iconMarkup } from "../../src/ui/icon-set";
import { writerColours } from "../../src/ui/marks";

const MINUTE = 60_000;

test("the first seven organisations never share a colour", () => {
  const codes = ["24", "23", "8", "21", "22", "WL", "RWS"];
  const colourOf = writerColours(codes);
  expect(new Set(codes.map(colourOf)).size).toBe(7);
});

test("who would share a colour with somebody here gets a free one, and keeps it", () => {
  const codes = Array.from({ length: 12 }, (_, place) => String(place + 1));
  const colourOf = writerColours(codes);
  const first = colourOf("1");
  const eighth = colourOf("8");
  expect(eighth).not.toBe(first);
  codes.map(colourOf);
  expect([colourOf("1"), colourOf("8")]).toEqual([first, eighth]);
  expect(codes.every((code) => colourOf(code) >= 1 && colourOf(code) <= 7)).toBe(true);
});

test("an organisation that nobody announced has a colour too", () => {
  expect(writerColours([])("XX")).toBe(1);
});

test.each([
  [0, "fresh"],
  [25 * MINUTE, "fresh"],
  [25.5 * MINUTE, "near"],
  [30 * MINUTE, "near"],
  [30 * MINUTE + 1, "late"],
] as const)("%i ms against a rhythm of 30 minutes is %s", (ms, state) => {
  expect(freshness(ms, 30)).toBe(state);
});

const command = (id: string, title: string, group?: string): Command => ({
  id,
  title,
  run: () => {},
  ...(group === undefined ? {} : { group }),
});
const ALL = [
  command("new", "Nieuw besluit", "nieuw"),
  command("go", "Besluiten", "ga naar"),
  command("theme", "Slachtoffers en zorg", "thema"),
  command("one", "Eén beeld"),
];

test.each([
  ["", ["new", "go", "theme", "one"]],
  ["bes", ["go", "new"]],
  ["een", ["one"]],
  ["ZORG thema", ["theme"]],
  ["niets", []],
])("the palette finds %j", (query, ids) => {
  expect(findCommands(ALL, query).map(({ id }) => id)).toEqual(ids);
});

test("every icon is a drawing of plain shapes", () => {
  for (const node of Object.values(ICONS))
    expect(iconMarkup(node)).toMatch(
      /^(<(path|circle|rect|line|polyline|polygon|ellipse)( [\w-]+="[^"<>]*")*\/>)+$/,
    );
});
