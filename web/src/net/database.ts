/**
 * IndexedDB with promises, and with its failures told apart. Nothing here knows what is stored.
 */

/** What may happen to a database that worked a moment ago. */
export type DatabaseFailure = "closed" | "full" | "blocked";

export class DatabaseError extends Error {
  readonly failure: DatabaseFailure;

  constructor(failure: DatabaseFailure, cause: unknown) {
    super(`the browser's database is ${failure}`, { cause });
    this.failure = failure;
  }
}

/** Some browsers never answer when their storage is broken. */
const OPEN_LIMIT = 4_000;

/** Opens the database, making it with `build` when it is new. Rejects with a DatabaseError. */
export function openDatabase(
  factory: IDBFactory,
  name: string,
  version: number,
  build: (database: IDBDatabase) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown) => reject(new DatabaseError("blocked", cause));
    const limit = setTimeout(() => refuse(new Error("no answer")), OPEN_LIMIT);
    const request = factory.open(name, version);
    request.onupgradeneeded = () => build(request.result);
    request.onblocked = () => refuse(new Error("another window holds an older version"));
    request.onerror = () => refuse(request.error);
    request.onsuccess = () => {
      clearTimeout(limit);
      resolve(request.result);
    };
  });
}

/**
 * Does `work` in one transaction and answers what it made, after everything is written. The work
 * must only await requests of this transaction. Rejects with a DatabaseError; then nothing of it
 * was written.
 */
export async function transact<T>(
  database: IDBDatabase,
  stores: string[],
  mode: IDBTransactionMode,
  work: (transaction: IDBTransaction) => T | Promise<T>,
): Promise<T> {
  const transaction = begin(database, stores, mode);
  const done = completion(transaction);
  done.catch(() => undefined); // awaited below, after the work
  try {
    const result = await work(transaction);
    await done;
    return result;
  } catch (error) {
    abort(transaction);
    throw error instanceof DatabaseError ? error : failureOf(error);
  }
}

function begin(database: IDBDatabase, stores: string[], mode: IDBTransactionMode): IDBTransaction {
  try {
    return database.transaction(stores, mode);
  } catch (error) {
    throw new DatabaseError("closed", error);
  }
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(failureOf(transaction.error));
  });
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // it has ended already: that is what was wanted
  }
}

function failureOf(error: unknown): DatabaseError {
  const full = error instanceof DOMException && error.name === "QuotaExceededError";
  return new DatabaseError(full ? "full" : "closed", error);
}

export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
