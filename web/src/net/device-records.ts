/**
 * How the device store lies in IndexedDB: the updates of all documents in their order, which
 * window has what pending, and rescue copies. Everything here happens inside one transaction.
 */
import { answer } from "./database";
import { type Kept, type Leftover, shelfOf, type Waiting } from "./store";

export const UPDATES = "updates";
export const PENDING = "pending";
export const RESCUES = "rescues";
export const BY_OWNER = "owner";
const BY_SHELF = "shelf";

/** `window`: whose edit it is, by the window that wrote it; empty for what the server sent. */
export interface UpdateRecord {
  shelf: string;
  window: string;
  update: Uint8Array;
}

/** What one window wrote into one document and the server has not acknowledged: its own records
 * from the key `from` on. */
export interface PendingRecord {
  count: number;
  since: Date;
  from: number;
}

/** Pending edits by window. */
export type ByWindow = Map<string, PendingRecord>;

export function build(database: IDBDatabase): void {
  const updates = database.createObjectStore(UPDATES, { autoIncrement: true });
  updates.createIndex(BY_SHELF, "shelf");
  database.createObjectStore(PENDING);
  database.createObjectStore(RESCUES, { keyPath: "id" }).createIndex(BY_OWNER, "owner");
}

/** The keys `[shelf, window]` of all windows. */
export function windowsOf(name: string): IDBKeyRange {
  return IDBKeyRange.bound([name], [name, []]);
}

/** A document as it was kept, without what `own`, the window that asks, has put itself. */
export async function readShelf(
  transaction: IDBTransaction,
  name: string,
  own: string,
): Promise<{ kept: Kept; inherited: ByWindow; size: number }> {
  const index = transaction.objectStore(UPDATES).index(BY_SHELF);
  const keys = await answer(index.getAllKeys(name));
  const records = await answer<UpdateRecord[]>(index.getAll(name));
  const inherited = await readWindows(transaction, name);
  inherited.delete(own);
  const kept: Kept = { known: [], unsent: [], waiting: sumOf([...inherited.values()]) };
  records.forEach(({ window, update }, place) => {
    if (window === own) return;
    const from = inherited.get(window)?.from ?? Number.POSITIVE_INFINITY;
    (Number(keys[place]) >= from ? kept.unsent : kept.known).push(update);
  });
  return { kept, inherited, size: records.length };
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

async function readWindows(transaction: IDBTransaction, name: string): Promise<ByWindow> {
  const keys = await windowKeys(transaction, name);
  const pending = transaction.objectStore(PENDING);
  const records = await answer<PendingRecord[]>(pending.getAll(windowsOf(name)));
  return new Map(records.map((record, place) => [keys[place]?.[1] ?? "", record]));
}

/** The keys `[shelf, window]` of what is pending in a document. */
async function windowKeys(transaction: IDBTransaction, name: string): Promise<[string, string][]> {
  const keys = await answer(transaction.objectStore(PENDING).getAllKeys(windowsOf(name)));
  return keys as [string, string][];
}

function sumOf(records: readonly PendingRecord[]): Waiting | undefined {
  const [first, ...others] = records;
  if (first === undefined) return undefined;
  return others.reduce<Waiting>(
    (sum, { count, since }) => ({
      count: sum.count + count,
      since: earlier(since, sum.since),
    }),
    first,
  );
}

export async function readPending(transaction: IDBTransaction): Promise<Leftover[]> {
  const pending = transaction.objectStore(PENDING);
  const keys = (await answer(pending.getAllKeys())) as [string, string][];
  const names = [...new Set(keys.map(([name]) => name))];
  const found: Leftover[] = [];
  for (const name of names) {
    const waiting = sumOf([...(await readWindows(transaction, name)).values()]);
    if (waiting !== undefined) found.push({ shelf: shelfOf(name), waiting });
  }
  return found;
}

/** Another window may have written on since we loaded what it had: then the note is its own. */
export async function deleteUnchanged(
  pending: IDBObjectStore,
  key: [string, string],
  then: PendingRecord,
): Promise<void> {
  const now = await answer<PendingRecord | undefined>(pending.get(key));
  if (now !== undefined && isUnchanged(now, then)) pending.delete(key);
}

export function isUnchanged(now: PendingRecord, then: PendingRecord | undefined): boolean {
  return now.count === then?.count && now.from === then.from;
}

export async function shelfNames(transaction: IDBTransaction): Promise<Set<string>> {
  const names = new Set<string>();
  const index = transaction.objectStore(UPDATES).index(BY_SHELF);
  const request = index.openKeyCursor(null, "nextunique");
  for (;;) {
    const cursor = await answer(request);
    if (cursor === null) return names;
    names.add(String(cursor.key));
    cursor.continue();
  }
}

/** Removes a document. With `mine`, the windows whose edits were taken care of: while others wait,
 * what they wrote stays, and what it was written upon, without which it could not be read. */
export async function removeShelf(
  transaction: IDBTransaction,
  name: string,
  mine?: (window: string, pending: PendingRecord) => boolean,
): Promise<void> {
  const [updates, pending] = [transaction.objectStore(UPDATES), transaction.objectStore(PENDING)];
  const windows = await readWindows(transaction, name);
  const done = new Map([...windows].filter(([window, its]) => mine?.(window, its) ?? true));
  for (const window of done.keys()) pending.delete([name, window]);
  const index = updates.index(BY_SHELF);
  const keys = await answer(index.getAllKeys(name));
  const records = await answer<UpdateRecord[]>(index.getAll(name));
  keys.forEach((key, place) => {
    const from = done.get(records[place]?.window ?? "")?.from ?? Number.POSITIVE_INFINITY;
    if (done.size === windows.size || Number(key) >= from) updates.delete(key);
  });
}

/** One more edit of a window, and the note that it waits. Answers the key of the edit. */
export async function addOwn(
  transaction: IDBTransaction,
  record: UpdateRecord,
  at: Date,
): Promise<number> {
  const key = Number(await answer(transaction.objectStore(UPDATES).add(record)));
  const place = [record.shelf, record.window];
  const pending = transaction.objectStore(PENDING);
  const before = await answer<PendingRecord | undefined>(pending.get(place));
  const { count = 0, since = at, from = key } = before ?? {};
  setOwn(transaction, record.shelf, record.window, { count: count + 1, since, from });
  return key;
}

export function setOwn(
  transaction: IDBTransaction,
  name: string,
  window: string,
  record: PendingRecord,
): void {
  transaction.objectStore(PENDING).put(record, [name, window]);
}
