// Bundles the browser's side into dist/. Usage: node web/build.mjs [--out DIR]
//
// dist/app.<hash>.js (+ chunks), dist/app.<hash>.css, fonts, dist/service-worker.js (no hash: its
// address must stay the same) and dist/manifest.json, which maps plain names to hashed ones. Files
// are written before the manifest that names them and stale ones are removed after it, so a server
// that reads the manifest at any moment finds what it names.
import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const web = path.dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: { out: { type: "string", default: path.join(web, "dist") } },
});
const out = path.resolve(options.out);

const shared = {
  absWorkingDir: web,
  bundle: true,
  minify: true,
  sourcemap: true,
  write: false,
  outdir: out,
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  loader: { ".woff2": "file", ".svg": "file" },
};

/** The page: scripts, styles and fonts, each under the hash of its content. */
async function buildPage() {
  return build({
    ...shared,
    entryPoints: [
      { in: "src/main.ts", out: "app" },
      { in: "styles/app.css", out: "app" },
    ],
    format: "esm",
    splitting: true,
    entryNames: "[name].[hash]",
    chunkNames: "chunk.[hash]",
    assetNames: "[name].[hash]",
  });
}

/** The service worker knows the files it keeps, so its bytes change whenever one of them does. */
async function buildServiceWorker(files) {
  const assets = files.map((file) => `/static/${file}`);
  const version = createHash("sha256").update(assets.join("\n")).digest("hex").slice(0, 12);
  return build({
    ...shared,
    entryPoints: [{ in: "src/service-worker.ts", out: "service-worker" }],
    format: "iife",
    sourcemap: false,
    legalComments: "none",
    define: { __ASSETS__: JSON.stringify(assets), __BUILD__: JSON.stringify(version) },
  });
}

/** `app.ABCD1234.js` -> `app.js`; a name without a hash stays as it is. */
function plainName(file) {
  return file.replace(/\.[A-Z0-9]{8}(?=\.[a-z0-9]+$)/, "");
}

function manifestOf(files) {
  const entries = files.map((file) => [file.startsWith("chunk.") ? file : plainName(file), file]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function writeAll(outputFiles) {
  await mkdir(out, { recursive: true });
  await Promise.all(outputFiles.map((file) => writeFile(file.path, file.contents)));
}

async function writeManifest(manifest) {
  const temporary = path.join(out, `.manifest.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(temporary, path.join(out, "manifest.json"));
}

async function removeStale(outputFiles) {
  const current = new Set(outputFiles.map((file) => path.basename(file.path)));
  const stale = (await readdir(out)).filter(
    (file) => file !== "manifest.json" && !file.startsWith(".") && !current.has(file),
  );
  await Promise.all(stale.map((file) => rm(path.join(out, file), { recursive: true })));
}

const page = await buildPage();
const served = page.outputFiles
  .map((file) => path.basename(file.path))
  .filter((file) => !file.endsWith(".map") && !file.endsWith(".LEGAL.txt"))
  .sort();
const worker = await buildServiceWorker(served);
const outputFiles = [...page.outputFiles, ...worker.outputFiles];

await writeAll(outputFiles);
await writeManifest(manifestOf(served));
await removeStale(outputFiles);
const bytes = outputFiles
  .filter((file) => !file.path.endsWith(".map"))
  .reduce((sum, file) => sum + file.contents.byteLength, 0);
console.log(`web: ${served.length + 1} files, ${Math.round(bytes / 1024)} KiB in ${out}`);
