// Honest work, generated: people who write offline and on, with reloads. Prints a JSON line per
// session: who wrote which frames.
// Usage: node sessions.mjs WEB FIRST_SEED COUNT. Modules are resolved from WEB/node_modules.
import { base64, load, Person, random } from "./people.mjs";

const [first, count] = process.argv.slice(3);
const Y = await load("yjs");

const session = (seed) => {
  const dice = random(seed);
  const server = new Y.Doc();
  const people = [0, 1, 2].map(() => new Person(dice));
  const frames = [];
  const send = (who, kind, update) => {
    frames.push([who, kind, base64(update)]);
    Y.applyUpdate(server, update);
  };
  const deliver = (who) => {
    const { doc } = people[who];
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc)), "server");
  };
  for (let turn = 0; turn < 12; turn += 1) {
    const who = Math.floor(dice() * people.length);
    const person = people[who];
    if (dice() < 0.6) deliver(who);
    const offline = dice() < 0.3;
    const acts = 1 + Math.floor(dice() * (offline ? 25 : 6));
    for (let act = 0; act < acts; act += 1) person.act();
    if (offline) {
      // what a provider answers to step 1 after a reload from the offline store
      if (dice() < 0.5) person.load(Y.encodeStateAsUpdate(person.doc));
      if (dice() < 0.5) person.act();
      send(who, 1, Y.encodeStateAsUpdate(person.doc, Y.encodeStateVector(server)));
    } else {
      for (const update of person.news) send(who, 2, update);
    }
    person.news = [];
    // everything that was sent twice is sent again at times: a line that broke
    if (dice() < 0.1) send(who, 1, Y.encodeStateAsUpdate(person.doc));
  }
  const state = Y.encodeStateAsUpdate(server);
  const vector = Y.encodeStateVector(server);
  return { seed, frames, state: base64(state), vector: base64(vector), text: server.getText("t").toString() };
};

for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
  const line = `${JSON.stringify(session(seed))}\n`;
  if (!process.stdout.write(line)) await new Promise((next) => process.stdout.once("drain", next));
}
