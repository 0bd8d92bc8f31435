// Which key does what, without a page: chords, sequences ("g b") and where they hold. Single keys
// work only outside text and can be switched off (WCAG 2.1.4).

export interface Binding {
  /** "ctrl+k", "f6", "shift+f6", "j", "?", "g b"; ctrl is Command on a Mac. */
  readonly keys: string;
  /** What it does, in the person's language. */
  readonly label: string;
  readonly run: (event: KeyboardEvent) => void;
  /** The pane (`data-keys="…"`) it holds in; everywhere when absent. */
  readonly pane?: string;
}

export interface Place {
  readonly pane: string | undefined;
  readonly inText: boolean;
  readonly singleKeys: boolean;
  readonly now: number;
}

export type Answer = Binding | "waiting" | undefined;

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

const SEQUENCE_MS = 1_500;

/** The chord of a key press; undefined for a modifier alone. */
export function chordOf(event: Pressed): string | undefined {
  const key = event.key.toLowerCase();
  if (["control", "shift", "alt", "meta", "altgraph", "dead", "process"].includes(key)) return;
  const named = key.length > 1;
  const parts = [
    event.ctrlKey || event.metaKey ? "ctrl" : "",
    event.altKey ? "alt" : "",
    // Shift is part of a named key's chord; on a letter or sign it is in the sign already.
    event.shiftKey && (named || event.ctrlKey || event.metaKey) ? "shift" : "",
    key === " " ? "space" : key,
  ];
  return parts.filter((part) => part !== "").join("+");
}

/** A chord that types something when it is pressed inside text. */
export function isSingle(chord: string): boolean {
  return [...chord].length === 1 || chord === "space";
}

export class Keyboard {
  readonly #bindings = new Set<Binding>();
  #first: { chord: string; at: number } | undefined;

  add(bindings: readonly Binding[]): () => void {
    for (const binding of bindings) this.#bindings.add(binding);
    return () => {
      for (const binding of bindings) this.#bindings.delete(binding);
    };
  }

  /** What a chord means at this place; "waiting" when it begins a sequence. */
  press(chord: string, place: Place): Answer {
    if (isSingle(chord) && (place.inText || !place.singleKeys)) {
      this.#first = undefined;
      return undefined;
    }
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && place.now - first.at <= SEQUENCE_MS) {
      const found = this.#find(`${first.chord} ${chord}`, place.pane);
      if (found !== undefined) return found;
    }
    const found = this.#find(chord, place.pane);
    if (found !== undefined) return found;
    if (!this.#begins(chord)) return undefined;
    this.#first = { chord, at: place.now };
    return "waiting";
  }

  /** The bindings of a pane, then those that hold everywhere, for the page of keys. */
  of(pane: string | undefined): { here: Binding[]; everywhere: Binding[] } {
    const all = [...this.#bindings];
    return {
      here: all.filter((binding) => binding.pane !== undefined && binding.pane === pane),
      everywhere: all.filter((binding) => binding.pane === undefined),
    };
  }

  #find(keys: string, pane: string | undefined): Binding | undefined {
    const fitting = [...this.#bindings].filter((binding) => binding.keys === keys);
    const own = fitting.find((binding) => binding.pane !== undefined && binding.pane === pane);
    return own ?? fitting.find((binding) => binding.pane === undefined);
  }

  #begins(chord: string): boolean {
    return [...this.#bindings].some((binding) => binding.keys.startsWith(`${chord} `));
  }
}
