/**
 * The offline store of a device that the person calls their own: every edit is written to
 * IndexedDB together with the note that it is not acknowledged, in one transaction, and what is
 * written is known to be written. (The usual y-indexeddb neither tells when an edit is stored nor
 * notices when storing fails.)
 */
import { answer, DatabaseError, openDatabase, transact } from "./database";
import {
  addOwn,
  BY_OWNER,
  type ByWindow,
  build,
  deleteUnchanged,
  isUnchanged,
  PENDING,
  RESCUES,
  readPending,
  readShelf,
  removeShelf,
  setOwn,
  shelfNames,
  UPDATES,
  type UpdateRecord,
  windowsOf,
} from "./device-records";
import { Listeners } from "./listeners";
import type { RescueCopy } from "./rescue";
import {
  type Kept,
  type Leftover,
  nameOf,
  type OfflineStore,
  type Shelf,
  type StoreTrouble,
} from "./store";

const NAME = "samenbeeld";
const VERSION = 1;
/** What others wrote may wait this long to be written: the server has it. */
const UNHURRIED = 250;
/** Records of one document that are joined into one. */
const JOIN_AFTER = 500;

type Write = (transaction: IDBTransaction) => Promise<void> | void;

export class DeviceStore implements OfflineStore {
  readonly #factory: IDBFactory;
  readonly #window = crypto.randomUUID();
  readonly #changes = new Listeners();
  /** What other windows had pending when this one loaded the document, by its name. */
  readonly #inherited = new Map<string, ByWindow>();
  /** The keys of this window's edits that the server has not stored, by document. */
  readonly #ownKeys = new Map<string, number[]>();
  readonly #sizes = new Map<string, number>();
  #database: Promise<IDBDatabase> | undefined;
  #queue: Write[] = [];
  #urgent = 0;
  #writing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #trouble: StoreTrouble | undefined;
  #closed = false;

  constructor(factory: IDBFactory) {
    this.#factory = factory;
  }

  get place(): "device" | "window" {
    return this.#trouble === undefined ? "device" : "window";
  }

  get trouble(): StoreTrouble | undefined {
    return this.#trouble;
  }

  get isSettled(): boolean {
    return this.#urgent === 0 && this.#trouble === undefined;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  close(): void {
    this.#flush();
    this.#closed = true;
    this.#changes.clear();
  }

  async load(shelf: Shelf): Promise<Kept> {
    const name = nameOf(shelf);
    const nothing: Kept = { known: [], unsent: [], waiting: undefined };
    if (this.#trouble !== undefined) return nothing;
    const found = await this.#orTrouble(
      this.#transact("readonly", (transaction) => readShelf(transaction, name, this.#window)),
      { kept: nothing, inherited: new Map() as ByWindow, size: 0 },
    );
    this.#inherited.set(name, found.inherited);
    this.#sizes.set(name, found.size);
    return found.kept;
  }

  putOwn(shelf: Shelf, update: Uint8Array, at: Date): void {
    const record: UpdateRecord = { shelf: nameOf(shelf), window: this.#window, update };
    this.#count(record.shelf);
    this.#write(true, async (transaction) => {
      const key = await addOwn(transaction, record, at);
      this.#ownKeys.set(record.shelf, [...(this.#ownKeys.get(record.shelf) ?? []), key]);
    });
  }

  putKnown(shelf: Shelf, update: Uint8Array, state: () => Uint8Array): void {
    const record: UpdateRecord = { shelf: nameOf(shelf), window: "", update };
    this.#count(record.shelf);
    this.#write(false, (transaction) => {
      transaction.objectStore(UPDATES).add(record);
    });
    this.#joinIfMany(record.shelf, state);
  }

  storedAllBut(shelf: Shelf, left: number, since: Date): void {
    const name = nameOf(shelf);
    this.#write(false, (transaction) => {
      const keys = (this.#ownKeys.get(name) ?? []).slice(-left);
      this.#ownKeys.set(name, keys);
      const [from] = keys;
      if (from !== undefined) setOwn(transaction, name, this.#window, { count: left, since, from });
    });
  }

  storedAll(shelf: Shelf, state: () => Uint8Array): void {
    const name = nameOf(shelf);
    const inherited = this.#inherited.get(name) ?? (new Map() as ByWindow);
    this.#inherited.delete(name);
    this.#write(false, async (transaction) => {
      const pending = transaction.objectStore(PENDING);
      pending.delete([name, this.#window]);
      this.#ownKeys.delete(name);
      for (const [window, then] of inherited) await deleteUnchanged(pending, [name, window], then);
    });
    this.#joinIfMany(name, state);
  }

  async leftovers(owner: string): Promise<Leftover[]> {
    const all = await this.#orTrouble(this.#transact("readonly", readPending), []);
    return all.filter(({ shelf }) => shelf.owner === owner);
  }

  async keepRescue(copy: RescueCopy, shelf?: Shelf): Promise<void> {
    await this.#settle();
    try {
      await this.#transact("readwrite", async (transaction) => {
        transaction.objectStore(RESCUES).put(copy);
        if (shelf !== undefined) await this.#remove(transaction, shelf);
      });
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    if (shelf !== undefined) this.#letGo(shelf);
  }

  async forget(shelf: Shelf): Promise<void> {
    await this.#settle();
    const removing = this.#transact("readwrite", (transaction) => this.#remove(transaction, shelf));
    await this.#orTrouble(removing, undefined);
    this.#letGo(shelf);
  }

  rescues(owner: string): Promise<RescueCopy[]> {
    const read = (transaction: IDBTransaction) =>
      answer<RescueCopy[]>(transaction.objectStore(RESCUES).index(BY_OWNER).getAll(owner));
    return this.#orTrouble(this.#transact("readonly", read), []);
  }

  async dropRescue(id: string): Promise<void> {
    await this.#transact("readwrite", (transaction) => {
      transaction.objectStore(RESCUES).delete(id);
    });
  }

  async clearAcknowledged(): Promise<number> {
    await this.#settle();
    return this.#transact("readwrite", async (transaction) => {
      const left = new Set((await readPending(transaction)).map(({ shelf }) => nameOf(shelf)));
      const shelves = await shelfNames(transaction);
      for (const name of shelves) if (!left.has(name)) await removeShelf(transaction, name);
      return left.size;
    });
  }

  /** Another window's edits stay, unless this one loaded them and they are still the same. */
  #remove(transaction: IDBTransaction, shelf: Shelf): Promise<void> {
    const name = nameOf(shelf);
    const inherited = this.#inherited.get(name);
    return removeShelf(
      transaction,
      name,
      (window, now) => window === this.#window || isUnchanged(now, inherited?.get(window)),
    );
  }

  // --- writing, in order ---------------------------------------------------------------------

  #letGo(shelf: Shelf): void {
    this.#ownKeys.delete(nameOf(shelf));
    this.#inherited.delete(nameOf(shelf));
    this.#sizes.delete(nameOf(shelf));
  }

  #count(name: string): void {
    this.#sizes.set(name, (this.#sizes.get(name) ?? 0) + 1);
  }

  #joinIfMany(name: string, state: () => Uint8Array): void {
    if ((this.#sizes.get(name) ?? 0) >= JOIN_AFTER) this.#join(name, state());
  }

  /** Joins the records of a document into one. While any window waits for the server, the state
   * holds what the server may lack: then they stay as they are. */
  #join(name: string, state: Uint8Array): void {
    this.#sizes.set(name, 1);
    this.#write(false, async (transaction) => {
      const pending = await answer(transaction.objectStore(PENDING).count(windowsOf(name)));
      if (pending > 0) return;
      await removeShelf(transaction, name);
      const record: UpdateRecord = { shelf: name, window: "", update: state };
      transaction.objectStore(UPDATES).add(record);
    });
  }

  #write(urgent: boolean, write: Write): void {
    if (this.#trouble !== undefined || this.#closed) return;
    if (urgent) this.#urgent++;
    this.#queue.push(write);
    if (urgent) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), UNHURRIED);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#writing && this.#queue.length > 0) void this.#drain();
  }

  /** One transaction at a time for all that waits; what comes meanwhile is the next one. */
  async #drain(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#queue.length > 0) await this.#writeBatch();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing = false;
      this.#changes.tell();
    }
  }

  async #writeBatch(): Promise<void> {
    const [batch, urgent] = [this.#queue, this.#urgent];
    this.#queue = [];
    await this.#transact("readwrite", async (transaction) => {
      for (const write of batch) await write(transaction);
    });
    this.#urgent -= urgent;
  }

  /** Resolves when everything that was put so far is written, or cannot be. */
  async #settle(): Promise<void> {
    this.#flush();
    while (this.#writing) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  // --- the database, which may go away under us ------------------------------------------------

  /** A browser may close a database for reasons of its own (Safari after sleep): one new try. */
  async #transact<T>(
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => T | Promise<T>,
  ): Promise<T> {
    const stores = [UPDATES, PENDING, RESCUES];
    try {
      return await transact(await this.#open(), stores, mode, work);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.failure !== "closed") throw error;
      this.#database = undefined;
      return transact(await this.#open(), stores, mode, work);
    }
  }

  #open(): Promise<IDBDatabase> {
    this.#database ??= openDatabase(this.#factory, NAME, VERSION, build).then((database) => {
      const forget = () => {
        this.#database = undefined;
      };
      database.onclose = forget;
      database.onversionchange = () => {
        database.close();
        forget();
      };
      return database;
    });
    return this.#database;
  }

  async #orTrouble<T>(reading: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#fail(error);
      return otherwise;
    }
  }

  /** From here on this store keeps nothing; the page says so and asks before it is left. */
  #fail(error: unknown): void {
    this.#trouble = error instanceof DatabaseError ? error.failure : "closed";
    this.#queue = [];
    console.error("offline store:", this.#trouble, error);
    this.#changes.tell();
  }
}
