import { expect, test } from "vitest";
import { parsePo } from "../../po.mjs";

test("entries are read with their plurals and long lines", () => {
  const source = [
    'msgid ""',
    'msgstr "Language: nl\\n"',
    "",
    "# a remark",
    'msgid "Close"',
    'msgstr "Sluit"',
    "",
    'msgid "{n} day"',
    'msgid_plural "{n} days"',
    'msgstr[0] "{n} dag"',
    'msgstr[1] ""',
    '"{n} "',
    '"dagen"',
  ].join("\n");
  expect(parsePo(source)).toEqual([
    { id: "Close", plural: undefined, texts: ["Sluit"], line: 5 },
    { id: "{n} day", plural: "{n} days", texts: ["{n} dag", "{n} dagen"], line: 8 },
  ]);
});

test.each([
  ['#, fuzzy\nmsgid "A"\nmsgstr "B"', "line 1"],
  ['msgid "A"\nmsgstr B', "line 2"],
  ['msgid "A"\nmsgctxt "x"', "line 2"],
  ['msgid "A\\q"\nmsgstr "B"', "line 1"],
])("what is no catalogue is refused with its line: %j", (source, line) => {
  expect(() => parsePo(source)).toThrow(line);
});
