/**
 * The copies of what could not be sent, as the page shows them. A copy stays until its writer
 * puts it away.
 */
import { Listeners } from "./listeners";
import type { RescueCopy } from "./rescue";
import type { OfflineStore, Shelf } from "./store";

export class Rescues {
  readonly #store: OfflineStore;
  readonly #changes = new Listeners();
  #copies: RescueCopy[] = [];
  /** Copies that could not be stored: they are here as long as the window is open. */
  readonly #unstored = new Set<string>();

  constructor(store: OfflineStore) {
    this.#store = store;
  }

  /** The newest first. */
  get copies(): readonly RescueCopy[] {
    return this.#copies;
  }

  /** A copy would be lost if the window were closed now. */
  get isFragile(): boolean {
    return this.#unstored.size > 0 || (this.#store.place === "window" && this.#copies.length > 0);
  }

  async load(owner: string): Promise<void> {
    this.#show(await this.#store.rescues(owner));
  }

  /** Keeps a copy, and lets go of the document it was made of, if one is given. A store that fails does not take
   * the copy with it. */
  async keep(copy: RescueCopy, shelf?: Shelf): Promise<void> {
    this.#show([copy]);
    try {
      await this.#store.keepRescue(copy, shelf);
    } catch (error) {
      console.error("rescue copy not stored:", error);
      this.#unstored.add(copy.id);
    }
    this.#changes.tell();
  }

  async drop(id: string): Promise<void> {
    await this.#store.dropRescue(id);
    this.#unstored.delete(id);
    this.#copies = this.#copies.filter((copy) => copy.id !== id);
    this.#changes.tell();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  #show(copies: readonly RescueCopy[]): void {
    const known = new Map([...this.#copies, ...copies].map((copy) => [copy.id, copy]));
    this.#copies = [...known.values()].sort((one, other) => (one.at < other.at ? 1 : -1));
    this.#changes.tell();
  }
}
