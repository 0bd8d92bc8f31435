// The icons of the templates: templates/includes/icon-set.html out of src/ui/icon-set.ts, so that a
// page and its scripts draw the same ones.
//
//   node web/icons.mjs           writes the file
//   node web/icons.mjs --check   writes nothing; fails when the file is not what would be written
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const web = path.dirname(fileURLToPath(import.meta.url));
const GENERATED = path.join(web, "templates", "includes", "icon-set.html");

const { outputFiles } = await build({
  absWorkingDir: web,
  entryPoints: ["src/ui/icon-set.ts"],
  bundle: true,
  write: false,
  format: "esm",
});
const source = Buffer.from(outputFiles[0].contents).toString("base64");
const { ICONS, iconMarkup } = await import(`data:text/javascript;base64,${source}`);

const lines = Object.entries(ICONS)
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .map(([name, node]) => `  "${name}": '${iconMarkup(node)}',`);
const text = [
  "{# Made by web/icons.mjs out of web/src/ui/icon-set.ts. Do not edit. Lucide, ISC licence. #}",
  "{% set icons = {",
  ...lines,
  "} %}",
  "",
].join("\n");

if (process.argv.includes("--check")) {
  if (readFileSync(GENERATED, "utf8") !== text) {
    console.error("templates/includes/icon-set.html is stale: run node web/icons.mjs");
    process.exitCode = 1;
  }
} else {
  writeFileSync(GENERATED, text);
  console.log(`icons: ${lines.length}`);
}
