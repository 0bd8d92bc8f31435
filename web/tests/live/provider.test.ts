/**
 * The page's documents, line and status against the real server, whose every commit is slow:
 * whatever is said before a commit is a lie, and is caught here.
 */
import { afterEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { edit } from "../../src/docs/own";
import { fragment } from "../../src/docs/picture";
import { actionsOf, addAction, addDecision, decisionsOf } from "../../src/docs/rows";
import { asText } from "../../src/net/rescue";
import type { Word } from "../../src/net/status";
import { aPage, call, documentsOf, eventually, isWord, LIVE, live, type Page, pause } from "./page";

const pages: Page[] = [];

function page(...given: Parameters<typeof aPage>): Page {
  const made = aPage(...given);
  pages.push(made);
  return made;
}

afterEach(() => {
  for (const one of pages.splice(0)) one.end();
});

/** What the status says, looked at every 10 ms from now on. */
function taken(from: Page) {
  const words: Word[] = [];
  const look = () => {
    const { word } = from.docs.status.current;
    if (words.at(-1) !== word) words.push(word);
  };
  const timer = setInterval(look, 10);
  return {
    words,
    end() {
      look();
      clearInterval(timer);
    },
  };
}

/** Adds a paragraph to the theme `source`, as an editor would. */
function write(by: Page, sentence: string): void {
  const { doc } = by.docs.get("picture");
  edit(doc, () => {
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [new Y.XmlText(sentence)]);
    fragment(doc, "source").push([paragraph]);
  });
}

function picture(of: Page): string {
  return fragment(of.docs.get("picture").doc, "source").toString();
}

describe.skipIf(LIVE === undefined)("against the real server", { timeout: 40_000 }, () => {
  test("each change is called saved after its commit, never before", async () => {
    const ana = page("ana");
    ana.docs.get("picture");
    await isWord(ana, "saved");
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      write(ana, `ronde ${round}`);
      expect(ana.docs.status.current).toMatchObject({ word: "saving", waiting: 1 });
      await isWord(ana, "saved");
      expect(performance.now() - began).toBeGreaterThanOrEqual(live().commit);
    }
  });

  test("fifty edits without a line: not saved before the commit that holds the last", async () => {
    const [ana, bo] = [page("ana"), page("bo")];
    for (const one of [ana, bo]) one.docs.get("picture");
    await isWord(ana, "saved");
    await isWord(bo, "saved");
    ana.cut();
    await isWord(ana, "offline");
    const log = taken(ana);
    for (let count = 0; count < 50; count++) {
      write(ana, `zonder lijn ${count}.`);
      await pause(5);
    }
    expect(ana.docs.status.current).toMatchObject({ word: "offline", waiting: 50 });
    const healed = performance.now();
    ana.heal();
    await isWord(ana, "saved");
    log.end();
    expect(log.words.filter((word) => word === "saved")).toHaveLength(1);
    expect(performance.now() - healed).toBeGreaterThanOrEqual(live().commit);
    const seen = await eventually(
      () => picture(bo),
      (text) => text.includes("zonder lijn 49."),
    );
    for (let count = 0; count < 50; count++) {
      expect(seen.split(`zonder lijn ${count}.`)).toHaveLength(2);
    }
  });

  test("edits typed on while the line comes back and goes again are each there once", async () => {
    const [ana, bo] = [page("ana"), page("bo")];
    for (const one of [ana, bo]) one.docs.get("actions");
    await isWord(ana, "saved");
    await isWord(bo, "saved");
    const actions = actionsOf(ana.docs.get("actions").doc);
    for (let count = 0; count < 30; count++) {
      addAction(actions, { what: `actie ${count}` });
      if (count % 10 === 4) ana.cut();
      if (count % 10 === 9) ana.heal();
      await pause(60);
    }
    ana.heal();
    await isWord(ana, "saved");
    const theirs = await eventually(
      () => actionsOf(bo.docs.get("actions").doc).list(),
      (rows) => rows.filter((row) => row.what.startsWith("actie ")).length >= 30,
    );
    const words = theirs.map((row) => row.what).filter((what) => what.startsWith("actie "));
    expect(new Set(words).size).toBe(30);
    expect(words).toHaveLength(30);
  });

  test("two people in one decision, and who wrote what by the server's word", async () => {
    const [ana, bo] = [page("ana"), page("bo")];
    for (const one of [ana, bo]) one.docs.get("decisions");
    await isWord(ana, "saved");
    await isWord(bo, "saved");
    const [ours, theirs] = [ana, bo].map((one) => decisionsOf(one.docs.get("decisions").doc));
    if (ours === undefined || theirs === undefined) throw new Error("two were asked for");
    const id = addDecision(ours, { title: "Dijk" });
    await eventually(() => theirs.get(id), Boolean);
    edit(ana.docs.get("decisions").doc, () => ours.text(id, "title")?.insert(0, "De "));
    edit(bo.docs.get("decisions").doc, () => theirs.text(id, "title")?.insert(4, "en"));
    await eventually(
      () => [ours.get(id)?.title.length, theirs.get(id)?.title.length],
      (lengths) => lengths.every((length) => length === 9),
    );
    expect(ours.get(id)?.title).toBe(theirs.get(id)?.title);
    const { doc, marks } = ana.docs.get("decisions");
    const byBo = bo.docs.get("decisions").doc.clientID;
    await eventually(() => marks.latest((mark) => mark.client === byBo)?.org, Boolean);
    expect(marks.authorOf(byBo, 0)).toMatchObject({ org: "23", name: "Bo" });
    expect(marks.authorOf(doc.clientID, 0)).toMatchObject({ org: "24", name: "Ana" });
  });

  test("who is here: stamped by the server, observers as a count", async () => {
    const [ana, bo, otto] = [page("ana"), page("bo"), page("otto")];
    for (const one of [ana, bo, otto]) one.docs.get("picture");
    await isWord(ana, "saved");
    bo.docs.presence.setPlace({ document: "picture", theme: "source", field: "text" });
    const here = await eventually(
      () => ana.docs.presence.people().find((person) => !person.self),
      (person) => person?.place !== undefined,
    );
    expect(here).toMatchObject({ name: "Bo", organisation: "23", place: { theme: "source" } });
    expect(ana.docs.presence.people().map((person) => person.name)).not.toContain("Otto");
    await eventually(
      () => ana.docs.presence.observers(),
      (counts) => counts.JenV === 1,
    );
  });

  test("who comes back after a cut is seen at once", async () => {
    const [ana, bo] = [page("ana"), page("bo")];
    for (const one of [ana, bo]) one.docs.get("picture");
    await isWord(bo, "saved");
    const seesBo = () => ana.docs.presence.people().some((person) => person.name === "Bo");
    await eventually(seesBo, Boolean);
    bo.cut();
    await eventually(seesBo, (sees) => !sees);
    const healed = performance.now();
    bo.heal();
    await isWord(bo, "saved");
    await eventually(seesBo, Boolean);
    expect(performance.now() - healed).toBeLessThan(8_000);
  });

  test("an observer reads; what is written nevertheless is kept and put aside", async () => {
    const otto = page("otto");
    const { docs } = otto;
    const shared = docs.get("picture");
    await isWord(otto, "read-only");
    expect(shared.mayWrite).toBe(false);
    const first = shared.doc;
    write(otto, "Ik schrijf toch.");
    await eventually(() => docs.rescues.copies.length, Boolean);
    const [copy] = docs.rescues.copies;
    expect(copy?.reason).toBe("read-only");
    expect(copy && asText(copy)).toContain("Ik schrijf toch.");
    await eventually(
      () => shared.doc,
      (doc) => doc !== first,
    );
    await isWord(otto, "read-only");
    expect(picture(otto)).not.toContain("Ik schrijf toch.");
  });

  test("a right that is withdrawn while somebody writes, and given back", async () => {
    const [ana, wil] = [page("ana"), page("wil")];
    for (const one of [ana, wil]) one.docs.get("decisions");
    await isWord(wil, "saved");
    const rights: boolean[] = [];
    wil.docs.get("decisions").onRights((mayWrite) => rights.push(mayWrite));
    const path = `/api/v1/incidents/${live().incident}`;
    const key = live().keys.ana ?? "";
    await call("PATCH", path, key, { phase: "closed" });
    await isWord(wil, "read-only");
    expect(rights).toEqual([false]);
    await call("PATCH", path, key, { phase: "warm" });
    await isWord(wil, "saved");
    expect(rights).toEqual([false, true]);
    addDecision(decisionsOf(wil.docs.get("decisions").doc), { title: "Weer open" });
    await isWord(wil, "saved");
    expect(wil.docs.rescues.copies).toHaveLength(0);
  });

  test("a document of another epoch: the text is kept, a fresh one begins on the right epoch", async () => {
    const bo = page("bo", { epoch: 7, documents: () => Promise.resolve(documentsOf(1)) });
    bo.docs.get("picture");
    write(bo, "Geschreven in een beeld dat er niet meer is.");
    await isWord(bo, "saved");
    const [copy] = bo.docs.rescues.copies;
    expect(copy?.reason).toBe("stale-epoch");
    expect(copy && asText(copy)).toContain("een beeld dat er niet meer is");
    expect(picture(bo)).not.toContain("een beeld dat er niet meer is");
    write(bo, "Op de goede plaats.");
    await isWord(bo, "saved");
  });

  test("who takes no part is refused, and never told that anything is saved", async () => {
    const stranger = page("stranger");
    const shared = stranger.docs.get("picture");
    const log = taken(stranger);
    await eventually(() => shared.refused, Boolean);
    await pause(500);
    log.end();
    expect(shared.refused).toBe("unknown-document");
    expect(stranger.docs.status.current).toMatchObject({ word: "offline", reason: "forbidden" });
    expect(log.words).not.toContain("saved");
  });
});
