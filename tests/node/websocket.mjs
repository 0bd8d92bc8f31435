// A client in Node over the real `y-websocket` provider: does what it is told on standard input, a
// JSON object a line, and answers a line each. Modules are resolved from web/node_modules.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const web = createRequire(`${process.argv[2]}/package.json`);
const load = async (name) => import(pathToFileURL(web.resolve(name)).href);
const { WebsocketProvider } = await load("y-websocket");
const Y = await load("yjs");
const { default: WebSocket } = await load("ws");

let provider;
let headers;
let closed = null;
const doc = new Y.Doc();
const text = doc.getText("t");
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const until = async (holds, milliseconds = 10000) => {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error("waited in vain");
    await new Promise((next) => setTimeout(next, 5));
  }
};

// a browser cannot set headers either; a machine can
class Authorized extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, { headers });
  }
}

const commands = {
  connect: async ({ url, name, key }) => {
    headers = key ? { Authorization: `Bearer ${key}` } : {};
    provider = new WebsocketProvider(url, name, doc, { WebSocketPolyfill: Authorized });
    provider.on("closed", ({ code, reason }) => {
      closed = { code, reason };
    });
    await until(() => provider.synced || closed);
    return { closed };
  },
  type: ({ text: words }) => {
    text.insert(text.length, words);
    return {};
  },
  text: async ({ until: wanted }) => {
    if (wanted !== undefined) await until(() => text.toString().includes(wanted));
    return { text: text.toString() };
  },
  place: ({ place }) => {
    provider.awareness.setLocalStateField("place", place);
    return {};
  },
  users: async ({ atLeast }) => {
    const users = () => [...provider.awareness.getStates().values()].map((state) => state.user);
    await until(() => users().filter(Boolean).length >= atLeast);
    return { users: users().filter(Boolean) };
  },
  closed: async () => {
    await until(() => closed);
    return { closed };
  },
  cut: async () => {
    provider.ws.terminate();
    await until(() => !provider.wsconnected);
    return {};
  },
  // a paragraph in the text of a theme, as the page keeps it
  paragraph: ({ theme, text: words }) => {
    const element = new Y.XmlElement("paragraph");
    element.insert(0, [new Y.XmlText(words)]);
    doc.getXmlFragment(`text:${theme}`).push([element]);
    return {};
  },
  page: ({ theme }) => {
    const vector = Buffer.from(Y.encodeStateVector(doc)).toString("base64");
    return { page: doc.getXmlFragment(`text:${theme}`).toString(), vector };
  },
  synced: async () => {
    await until(() => provider.synced);
    return {};
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
