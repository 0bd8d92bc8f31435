// Several people with the real Yjs and y-protocols in one process. Does what it is told on standard
// input, a JSON object a line, and answers a line each; the network between them and the server, and
// what happens when, is on the other side of the pipe.
// Usage: node crowd.mjs WEB. Modules are resolved from WEB/node_modules.
import { createInterface } from "node:readline";
import { base64, load, Person, random } from "./people.mjs";

const Y = await load("yjs");
const sync = await load("y-protocols/sync");
const encoding = await load("lib0/encoding");
const decoding = await load("lib0/decoding");

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));

// a person and their provider: step 1 on a new line, an answer to each step 1, changes as they are
class User {
  constructor(dice) {
    this.person = new Person(dice);
    this.connected = false;
    this.sent = [];
  }

  send(write) {
    const encoder = encoding.createEncoder();
    write(encoder);
    if (encoding.length(encoder) > 0) this.sent.push(base64(encoding.toUint8Array(encoder)));
  }

  connect() {
    this.connected = true;
    this.send((encoder) => sync.writeSyncStep1(encoder, this.person.doc));
  }

  disconnect() {
    this.connected = false;
  }

  take(frames) {
    for (const frame of frames) {
      const decoder = decoding.createDecoder(bytes(frame));
      this.send((encoder) => sync.readSyncMessage(decoder, encoder, this.person.doc, "server"));
    }
    // Yjs tidies up formats after others' changes, and that is a change of its own
    this.sendNews();
  }

  act(times) {
    for (let time = 0; time < times; time += 1) this.person.act();
    this.sendNews();
  }

  sendNews() {
    const news = this.person.news.splice(0);
    if (!this.connected) return;
    for (const update of news) this.send((encoder) => sync.writeUpdate(encoder, update));
  }

  // a reload from the offline store: the line ends, and with it what was on its way
  reload() {
    this.person.load(Y.encodeStateAsUpdate(this.person.doc));
  }
}

const plain = (value) => {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value ?? null;
  const entries = Object.keys(value).sort().map((key) => [key, plain(value[key])]);
  return Object.fromEntries(entries);
};

const contents = (doc) => ({
  t: plain(doc.getText("t").toDelta()),
  m: plain(doc.getMap("m").toJSON()),
  a: plain(doc.getArray("a").toJSON()),
  x: doc.getXmlFragment("x").toString(),
});

let users = [];

const commands = {
  begin: ({ seed, count }) => {
    const dice = random(seed);
    users = Array.from({ length: count }, () => new User(dice));
    return {};
  },
  turn: ({ acts }) => {
    for (const [who, act, value] of acts) users[who][act](value);
    return { sent: users.map((user) => user.sent.splice(0)) };
  },
  // what each holds, and what Yjs makes of the state that the server gives
  end: ({ state }) => {
    const server = new Y.Doc();
    Y.applyUpdate(server, bytes(state));
    const docs = users.map((user) => user.person.doc);
    return {
      server: contents(server),
      users: docs.map((doc) => ({
        contents: contents(doc),
        vector: base64(Y.encodeStateVector(doc)),
        state: base64(Y.encodeStateAsUpdate(doc)),
      })),
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: command, ...rest } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(commands[command](rest))}\n`);
}
