// The words of the scripts: src/ui/words.gen.ts out of locale/nl.po.
//
//   node web/words.mjs           writes the file
//   node web/words.mjs --check   writes nothing; fails when a message id that a script, a template or
//                                the server uses has no Dutch, when the placeholders of a text differ
//                                from those of its id, or when the file is not what would be written
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parsePo } from "./po.mjs";

const web = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(web);
const CATALOGUE = path.join(web, "locale", "nl.po");
const GENERATED = path.join(web, "src", "ui", "words.gen.ts");

const STRING = `"(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*'`;
// Neighbouring literals are one text, as in Python.
const TEXT = `(?:(?:${STRING})\\s*)+`;
const SINGLE = (names) => new RegExp(`(?<![\\w.$])(?:${names})\\(\\s*(${TEXT})`, "g");
const PLURAL = (names) => new RegExp(`(?<![\\w.$])(?:${names})\\(\\s*(${TEXT}),\\s*(${TEXT})`, "g");

const SOURCES = [
  { folder: "web/src", ends: [".ts"], single: "t|msg", plural: "tn" },
  { folder: "web/templates", ends: [".html", ".txt"], single: "_|gettext", plural: "ngettext" },
  { folder: "server", ends: [".py"], single: "_|gettext|msg", plural: "ngettext" },
];

function filesIn(folder, ends) {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.some((end) => entry.name.endsWith(end)))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !file.endsWith(".gen.ts") && !file.endsWith(".test.ts"))
    .sort();
}

/** Without lines that are comments, and without Jinja's comments. */
function withoutComments(source) {
  return source.replaceAll(/\{#[\s\S]*?#\}/g, "").replaceAll(/^\s*(?:\/\/|\/?\*|# ).*$/gm, "");
}

function textOf(literals) {
  return [...literals.matchAll(new RegExp(STRING, "g"))]
    .map(([literal]) => {
      const inside = literal.slice(1, -1);
      return JSON.parse(`"${inside.replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"`);
    })
    .join("");
}

/** Every use of a message id: `{ id, plural, file, inScript }`. */
function usesOf({ folder, ends, single, plural }) {
  return filesIn(folder, ends).flatMap((file) => {
    const source = withoutComments(readFileSync(file, "utf8"));
    const inScript = ends.includes(".ts");
    const found = (pattern) => [...source.matchAll(pattern)];
    return [
      ...found(SINGLE(single)).map((match) => ({ id: textOf(match[1]), file, inScript })),
      ...found(PLURAL(plural)).map((match) => ({
        id: textOf(match[1]),
        plural: textOf(match[2]),
        file,
        inScript,
      })),
    ];
  });
}

function placeholders(text) {
  return [...text.matchAll(/%\((\w+)\)[sd]|\{(\w+)\}/g)].map((match) => match[0]).sort();
}

function mistakesOf(entries, uses) {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  const mistakes = [];
  if (known.size !== entries.length) {
    const ids = entries.map((entry) => entry.id);
    const twice = ids.filter((id, place) => ids.indexOf(id) !== place);
    mistakes.push(...twice.map((id) => `nl.po has "${id}" twice`));
  }
  for (const use of uses) {
    const entry = known.get(use.id);
    const where = path.relative(root, use.file);
    if (entry === undefined || !entry.texts[0]) mistakes.push(`${where}: no Dutch for "${use.id}"`);
    else if (use.plural !== entry.plural)
      mistakes.push(`${where}: "${use.id}" is one-or-many here or in nl.po, not in both`);
  }
  for (const { id, plural, texts, line } of entries) {
    const wanted = placeholders(plural ?? id).join();
    const wrong = texts.some((text, place) => {
      const found = placeholders(text).join();
      return (
        found !== wanted &&
        !(plural !== undefined && place === 0 && found === placeholders(id).join())
      );
    });
    if (wrong) mistakes.push(`nl.po:${line}: other placeholders than "${id}"`);
    if (plural !== undefined && texts.length !== 2)
      mistakes.push(`nl.po:${line}: "${id}" needs two forms`);
  }
  return [...new Set(mistakes)];
}

function generate(entries, uses) {
  const inScripts = new Set(uses.filter((use) => use.inScript).map((use) => use.id));
  const lines = entries
    .filter((entry) => inScripts.has(entry.id))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, plural, texts }) => {
      const value = plural === undefined ? texts[0] : texts;
      return `  ${JSON.stringify(id)}: ${JSON.stringify(value)},`;
    });
  return [
    "// Made by web/words.mjs out of web/locale/nl.po. Do not edit.",
    "",
    "export const nl: Readonly<Record<string, string | readonly string[]>> = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}

const entries = parsePo(readFileSync(CATALOGUE, "utf8"));
const uses = SOURCES.flatMap(usesOf);
const mistakes = mistakesOf(entries, uses);
const text = generate(entries, uses);

if (process.argv.includes("--check")) {
  if (readFileSync(GENERATED, "utf8") !== text)
    mistakes.push("src/ui/words.gen.ts is stale: run node web/words.mjs");
  for (const mistake of mistakes) console.error(mistake);
  process.exitCode = mistakes.length > 0 ? 1 : 0;
} else {
  writeFileSync(GENERATED, text);
  for (const mistake of mistakes) console.warn(mistake);
  console.log(`words: ${entries.length} in nl.po, ${uses.length} uses`);
}
