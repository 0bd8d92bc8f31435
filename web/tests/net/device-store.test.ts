import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { DeviceStore } from "../../src/net/device-store";
import type { RescueCopy } from "../../src/net/rescue";
import type { Shelf } from "../../src/net/store";
import { documentOf } from "../../src/net/unsent";

const SHELF: Shelf = { owner: "p1/24", incident: "flood", document: "picture", epoch: 1 };
const AT = new Date("2021-07-15T01:15:00Z");
const COPY = { id: "c1", owner: SHELF.owner } as RescueCopy;

let device: IDBFactory;

beforeEach(() => {
  device = new IDBFactory();
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function settled(store: DeviceStore): Promise<void> {
  await vi.waitFor(() => expect(store.isSettled).toBe(true));
}

/** A window that has loaded the document, and writes into it as its page would. */
async function aWindow() {
  const store = new DeviceStore(device);
  const { known, unsent } = await store.load(SHELF);
  const doc = documentOf([...known, ...unsent]);
  return {
    store,
    async write(text: string) {
      const before = Y.encodeStateVector(doc);
      doc.getText("t").insert(doc.getText("t").length, text);
      store.putOwn(SHELF, Y.encodeStateAsUpdate(doc, before), AT);
      await settled(store);
    },
    /** The server has all of it. */
    async stored() {
      store.storedAll(SHELF, () => Y.encodeStateAsUpdate(doc));
      await store.forget({ ...SHELF, document: "another" }); // after what was put before
    },
  };
}

/** What the next visit finds. */
async function left() {
  const { known, unsent, waiting } = await new DeviceStore(device).load(SHELF);
  const text = documentOf([...known, ...unsent])
    .getText("t")
    .toString();
  return { text, unsent: unsent.length, waiting: waiting?.count };
}

describe.each(["forget", "keepRescue"] as const)("%s", (way) => {
  const letGo = (store: DeviceStore) =>
    way === "forget" ? store.forget(SHELF) : store.keepRescue(COPY, SHELF);

  test("takes the whole document when no other window waits", async () => {
    const one = await aWindow();
    await one.write("Van mij.");
    await letGo(one.store);
    expect(await left()).toEqual({ text: "", unsent: 0, waiting: undefined });
  });

  test("leaves what another window wrote, and what it was written upon", async () => {
    const first = await aWindow();
    await first.write("Basis. ");
    await first.stored();
    const [one, other] = [await aWindow(), await aWindow()];
    await other.write("Van een ander venster.");
    other.store.close();
    await letGo(one.store);
    expect(await left()).toEqual({
      text: "Basis. Van een ander venster.",
      unsent: 1,
      waiting: 1,
    });
  });

  test("takes its own edits from beside another window's", async () => {
    const [one, other] = [await aWindow(), await aWindow()];
    await one.write("Van mij.");
    await other.write("Van een ander.");
    await letGo(one.store);
    expect(await left()).toEqual({ text: "Van een ander.", unsent: 1, waiting: 1 });
  });

  test("takes what it had loaded, not what that window wrote on since", async () => {
    const other = await aWindow();
    await other.write("Eerst. ");
    const [one, two] = [await aWindow(), await aWindow()];
    await other.write("Later.");
    await letGo(one.store);
    expect(await left()).toEqual({ text: "Eerst. Later.", unsent: 2, waiting: 2 });
    await two.store.load(SHELF);
    await letGo(two.store);
    expect(await left()).toEqual({ text: "", unsent: 0, waiting: undefined });
  });
});

test("a copy without a document leaves the document", async () => {
  const one = await aWindow();
  await one.write("Van mij.");
  await one.store.keepRescue(COPY);
  expect((await left()).text).toBe("Van mij.");
  expect(await new DeviceStore(device).rescues(SHELF.owner)).toEqual([COPY]);
});

test("forgetting on a device that fails is said, and does not hold up the page", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const one = await aWindow();
  await one.write("Van mij.");
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(() => {
    throw new DOMException("gone", "InvalidStateError");
  });
  await one.store.forget(SHELF);
  expect(one.store.trouble).toBe("closed");
  expect(said).toHaveBeenCalledOnce();
});
