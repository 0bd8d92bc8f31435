// A client in Node over the real @hocuspocus/provider: does what it is told on standard input, a
// JSON object a line, and answers a line each. Modules are resolved from web/node_modules.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const web = createRequire(`${process.argv[2]}/package.json`);
const load = async (name) => import(pathToFileURL(web.resolve(name)).href);
const { HocuspocusProvider, HocuspocusProviderWebsocket } = await load("@hocuspocus/provider");
const Y = await load("yjs");
const { default: WebSocket } = await load("ws");

let socket;
const open = new Map();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const until = async (holds, milliseconds) => {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error("waited in vain");
    await new Promise((next) => setTimeout(next, 5));
  }
};

const commands = {
  connect: ({ url }) => {
    socket = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
    return {};
  },
  open: async ({ name, token }) => {
    const found = { denied: null, scope: null, unsynced: [] };
    const doc = new Y.Doc();
    const provider = new HocuspocusProvider({
      websocketProvider: socket,
      name,
      token,
      document: doc,
      onAuthenticationFailed: ({ reason }) => {
        found.denied = reason;
      },
      onAuthenticated: ({ scope }) => {
        found.scope = scope;
      },
      onUnsyncedChanges: ({ number }) => found.unsynced.push([performance.now(), number]),
    });
    provider.attach();
    open.set(name, { doc, provider, found });
    await until(() => found.denied || (provider.synced && provider.unsyncedChanges === 0), 10000);
    return { denied: found.denied, scope: found.scope };
  },
  type: ({ name, text }) => {
    const { doc, provider } = open.get(name);
    doc.getText("t").insert(doc.getText("t").length, text);
    return { unsynced: provider.unsyncedChanges };
  },
  saved: async ({ name, within = 10000 }) => {
    const { provider } = open.get(name);
    const began = performance.now();
    await until(() => provider.unsyncedChanges === 0, within);
    return { after: performance.now() - began };
  },
  unsynced: ({ name }) => ({ unsynced: open.get(name).provider.unsyncedChanges }),
  text: async ({ name, until: wanted }) => {
    const text = open.get(name).doc.getText("t");
    if (wanted !== undefined) await until(() => text.toString().includes(wanted), 10000);
    return { text: text.toString() };
  },
  scope: ({ name }) => ({ scope: open.get(name).found.scope }),
  // a paragraph in the text of a theme, as the page keeps it
  paragraph: ({ name, theme, text }) => {
    const element = new Y.XmlElement("paragraph");
    element.insert(0, [new Y.XmlText(text)]);
    open.get(name).doc.getXmlFragment(`text:${theme}`).push([element]);
    return {};
  },
  page: ({ name, theme }) => {
    const { doc } = open.get(name);
    const vector = Buffer.from(Y.encodeStateVector(doc)).toString("base64");
    return { page: doc.getXmlFragment(`text:${theme}`).toString(), vector };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: command, ...rest } = JSON.parse(line);
  try {
    say({ ok: true, ...(await commands[command](rest)) });
  } catch (error) {
    say({ ok: false, error: `${error.message}` });
  }
}
process.exit(0);
