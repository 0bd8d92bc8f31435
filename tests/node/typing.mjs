// Somebody types for a long time without a line: three keys a second with pauses, words in other
// places, corrections, some formatting. Prints {update, text}: the step 2 when the line is back.
// Usage: node typing.mjs WEB SECONDS. Modules are resolved from WEB/node_modules.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [web, seconds] = process.argv.slice(2);
const resolve = createRequire(`${web}/package.json`).resolve;
const Y = await import(pathToFileURL(resolve("yjs")).href);

let seed = 1;
const upTo = (n) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 4294967296) * n);
};

const doc = new Y.Doc();
doc.clientID = 7;
const text = doc.getText("t");
let at = 0;
for (let key = 0; key < Number(seconds) * 3; key += 1) {
  const what = upTo(100);
  if (what < 15) at = upTo(text.length + 1);
  if (what >= 90 && at > 0) {
    at -= 1;
    text.delete(at, 1);
  } else if (what === 89 && at > 5) {
    text.format(at - 5, 5, { bold: true });
  } else {
    text.insert(at, " etaoinsrhldcum\n"[upTo(16)]);
    at += 1;
  }
}
const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64");
process.stdout.write(JSON.stringify({ update, text: text.toString() }));
