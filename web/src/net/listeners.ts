/** Who wants to know of a change. Each hears it once; the function that comes back ends it. */
export class Listeners<Arguments extends unknown[] = []> {
  readonly #all = new Set<(...args: Arguments) => void>();

  add(listener: (...args: Arguments) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** Tells everybody; one that throws does not keep the others from hearing it. */
  tell(...args: Arguments): void {
    for (const listener of [...this.#all]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
