import { fromBase64 } from "lib0/buffer";
import { beforeAll, describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { Boot } from "../../src/boot";
import { fragment } from "../../src/docs/picture";
import { actionsOf, addDecision, decisionsOf } from "../../src/docs/rows";
import { linesOf } from "../../src/net/readable";
import {
  asJson,
  asText,
  type CopyReason,
  fileName,
  lostCopy,
  rescueCopy,
} from "../../src/net/rescue";
import { Unsent } from "../../src/net/unsent";
import { setLocale } from "../../src/ui/words";

const AT = new Date("2021-07-15T01:17:00Z");
const SINCE = new Date("2021-07-15T01:15:00Z");

const BOOT = {
  person: { id: "p1", name: "S. Hendrickx", function: "IM", organisation: "24" },
  incident: {
    id: "limburg-2021",
    title: "Hoogwater Limburg",
    themes: [{ id: "source", title: "Bron en waterstanden" }],
  },
} as Boot;

beforeAll(() => setLocale("en"));

/** A page in which `known` was confirmed by the server and `unsent` was not. */
function aPage(known: (doc: Y.Doc) => void, unsent: (doc: Y.Doc) => void) {
  const doc = new Y.Doc();
  const work = new Unsent();
  doc.on("update", (update: Uint8Array) => work.wrote(update, SINCE));
  known(doc);
  work.storedAll(() => Y.encodeStateAsUpdate(doc));
  unsent(doc);
  return { doc, work };
}

function copyOf(work: Unsent, document = "picture", reason: CopyReason = "read-only") {
  const shelf = { owner: "p1/24", incident: "limburg-2021", document, epoch: 3 };
  return rescueCopy(work, { boot: BOOT, shelf, reason, now: AT });
}

function block(name: string, text: string, attributes: Record<string, string> = {}): Y.XmlElement {
  const element = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.insert(0, [new Y.XmlText(text)]);
  return element;
}

function list(name: string, ...texts: string[]): Y.XmlElement {
  const element = new Y.XmlElement(name);
  element.insert(
    0,
    texts.map((text) => {
      const item = new Y.XmlElement("list_item");
      item.insert(0, [block("paragraph", text)]);
      return item;
    }),
  );
  return element;
}

describe("what differs", () => {
  test("is the changed lines of a text, beside what the server has", () => {
    const { work } = aPage(
      (doc) => {
        fragment(doc, "source").insert(0, [
          block("paragraph", "Maas stijgt."),
          block("paragraph", "Roer daalt."),
        ]);
      },
      (doc) => fragment(doc, "source").insert(1, [block("paragraph", "Geul buiten oevers.")]),
    );
    expect(copyOf(work)?.differences).toEqual([
      { where: ["Bron en waterstanden"], before: "", after: "Geul buiten oevers." },
    ]);
  });

  test("is every field of a row that was added, and nothing of the others", () => {
    const { work } = aPage(
      (doc) => addDecision(decisionsOf(doc), { title: "Waarschuwen" }),
      (doc) => addDecision(decisionsOf(doc), { title: "Evacueren", team: "RBT" }),
    );
    expect(copyOf(work, "decisions")?.differences).toEqual([
      { where: ["rows", "Evacueren", "team"], before: "", after: "RBT" },
      { where: ["rows", "Evacueren", "title"], before: "", after: "Evacueren" },
    ]);
  });

  test("tells what was taken away", () => {
    const { work } = aPage(
      (doc) => actionsOf(doc).add({ what: "Zandzakken" }),
      (doc) => {
        const actions = actionsOf(doc);
        for (const { id } of actions.list()) actions.remove(id);
      },
    );
    const copy = copyOf(work, "actions");
    expect(copy && asText(copy)).toMatch(
      /Zandzakken › what\nOn the server:\nZandzakken\nYour text:\n\(removed\)/,
    );
  });

  test("leaves out what others wrote meanwhile", () => {
    const { work } = aPage(
      (doc) => fragment(doc, "source").insert(0, [block("paragraph", "Maas stijgt.")]),
      (doc) => fragment(doc, "source").push([block("paragraph", "Van mij.")]),
    );
    const other = work.serversDocument();
    const before = Y.encodeStateVector(other);
    fragment(other, "source").insert(0, [block("paragraph", "Van een ander.")]);
    work.received(Y.encodeStateAsUpdate(other, before));
    expect(copyOf(work)?.differences).toEqual([
      { where: ["Bron en waterstanden"], before: "", after: "Van mij." },
    ]);
  });

  test("is nothing when everything was confirmed", () => {
    const { work } = aPage(
      (doc) => fragment(doc, "source").insert(0, [block("paragraph", "Maas.")]),
      () => undefined,
    );
    expect(copyOf(work)).toBeUndefined();
  });

  test("keeps a change that cannot be read, as bytes", () => {
    const { work } = aPage(
      () => undefined,
      (doc) => doc.getMap("unknown").set("a", 1),
    );
    const copy = copyOf(work);
    expect(copy?.differences).toEqual([]);
    const again = new Y.Doc();
    Y.applyUpdate(again, fromBase64(copy?.update ?? ""));
    expect(again.getMap("unknown").get("a")).toBe(1);
  });
});

describe("the copy", () => {
  const { doc, work } = aPage(
    (known) => fragment(known, "source").insert(0, [block("paragraph", "Maas 😀.")]),
    (unsent) => fragment(unsent, "source").push([block("paragraph", "Préfecture 👩‍🚒.")]),
  );

  test("put onto what the server has, its bytes are the whole text again", () => {
    const server = work.serversDocument();
    Y.applyUpdate(server, fromBase64(copyOf(work)?.update ?? ""));
    expect(fragment(server, "source").toString()).toBe(fragment(doc, "source").toString());
  });

  test("reads as a text with who, what, when and why", () => {
    const copy = copyOf(work, "picture", "stale-epoch");
    expect(copy && asText(copy).replaceAll(/\d\d:\d\d/g, "hh:mm")).toBe(
      [
        "Text of S. Hendrickx (24) that could not be sent",
        "Hoogwater Limburg (limburg-2021/picture)",
        "Written since 15 Jul 2021 hh:mm, put aside at 15 Jul 2021 hh:mm",
        "This document was restored on the server.",
        "",
        "== Bron en waterstanden",
        "Your text:",
        "Préfecture 👩‍🚒.",
      ].join("\n"),
    );
  });

  test.each<[CopyReason, string]>([
    ["unsent", "Not sent yet."],
    ["withdrawn", "You may no longer open this document."],
  ])("says why: %s", (reason, sentence) => {
    const copy = copyOf(work, "picture", reason);
    expect(copy && asText(copy)).toContain(`\n${sentence}\n`);
  });

  test("is a file with a name that sorts, and JSON that can be read back", () => {
    const copy = copyOf(work);
    if (copy === undefined) throw new Error("something is unsent");
    expect(fileName(copy, "json")).toBe("samenbeeld-limburg-2021-picture-20210715T0117.json");
    expect(JSON.parse(asJson(copy))).toEqual(copy);
  });
});

test("headings and lists keep their signs", () => {
  const doc = new Y.Doc();
  fragment(doc, "source").insert(0, [
    block("heading", "Kop", { level: "3" }),
    list("bullet_list", "een", "twee"),
    list("ordered_list", "eerst", "dan"),
  ]);
  expect(linesOf(fragment(doc, "source"))).toEqual([
    "### Kop",
    "- een",
    "- twee",
    "1. eerst",
    "2. dan",
  ]);
});

describe("what a restored backup lacks", () => {
  const frame = {
    boot: BOOT,
    shelf: { owner: "p1/24", incident: "limburg-2021", document: "picture", epoch: 1 },
    reason: "stale-epoch",
    now: AT,
  } as const;

  /** The document as it was restored: the same words with another history. */
  function restored(...sentences: string[]): Y.Doc {
    const doc = new Y.Doc();
    fragment(doc, "source").insert(
      0,
      sentences.map((sentence) => block("paragraph", sentence)),
    );
    return doc;
  }

  function aFormerPage() {
    return aPage(
      (doc) =>
        fragment(doc, "source").insert(0, [
          block("paragraph", "Uit de kopie."),
          block("paragraph", "Van daarna."),
        ]),
      (doc) => fragment(doc, "source").push([block("paragraph", "Nog niet verstuurd.")]),
    );
  }

  test("is what was confirmed since; what was unsent has a copy of its own", () => {
    const { work } = aFormerPage();
    const copy = lostCopy(work, restored("Uit de kopie."), frame);
    expect(copy?.differences).toEqual([
      { where: ["Bron en waterstanden"], before: "", after: "Van daarna." },
    ]);
    expect(copy).toMatchObject({ epoch: 1, reason: "stale-epoch", changes: 1 });
    const again = new Y.Doc();
    Y.applyUpdate(again, fromBase64(copy?.update ?? ""));
    expect(linesOf(fragment(again, "source"))).toEqual(["Uit de kopie.", "Van daarna."]);
  });

  test("is nothing when all of it is there, with more that others wrote", () => {
    const { work } = aFormerPage();
    expect(lostCopy(work, restored("Uit de kopie.", "Van daarna."), frame)).toBeUndefined();
    const more = restored("Uit de kopie.", "Van een ander.", "Van daarna.");
    expect(lostCopy(work, more, frame)).toBeUndefined();
  });
});
