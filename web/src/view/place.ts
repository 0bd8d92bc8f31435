// Where this person is, as others see it: what is open, and, while they write, in which field.
//
// An element in which something shared can be written says so itself:
// `data-writes="document|theme|row|field"`. One listener for the page follows the focus.
import type { Place } from "../docs/presence";
import { isText } from "../ui/keys";

/** After this long without a key, somebody whose caret still stands there no longer writes. */
const IDLE_MS = 60_000;

/** The value of `data-writes`. */
export function writes(
  document: string,
  field: string,
  at: { theme?: string; row?: string },
): string {
  return [document, at.theme ?? "", at.row ?? "", field].join("|");
}

export function parseWrites(value: string): Place {
  const [document = "", theme, row, field] = value.split("|");
  return {
    document,
    ...(theme ? { theme } : {}),
    ...(row ? { row } : {}),
    ...(field ? { field } : {}),
  };
}

export class PlaceKeeper {
  readonly #tell: (place: Place) => void;
  #open: Place;
  #field: Place | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  readonly #onFocus = (event: FocusEvent): void => this.#follow(event.target);
  readonly #onBlur = (event: FocusEvent): void => this.#follow(event.relatedTarget);
  readonly #onInput = (event: Event): void => this.#follow(event.target);

  constructor(open: Place, tell: (place: Place) => void) {
    this.#open = open;
    this.#tell = tell;
    document.addEventListener("focusin", this.#onFocus);
    document.addEventListener("focusout", this.#onBlur);
    document.addEventListener("input", this.#onInput);
    document.addEventListener("keydown", this.#onInput);
    this.#say();
  }

  /** Another theme or list was opened. */
  open(place: Place): void {
    this.#open = place;
    this.#say();
  }

  destroy(): void {
    clearTimeout(this.#idle);
    document.removeEventListener("focusin", this.#onFocus);
    document.removeEventListener("focusout", this.#onBlur);
    document.removeEventListener("input", this.#onInput);
    document.removeEventListener("keydown", this.#onInput);
  }

  #follow(target: EventTarget | null): void {
    clearTimeout(this.#idle);
    this.#field = fieldOf(target);
    if (this.#field !== undefined) this.#idle = setTimeout(() => this.#rest(), IDLE_MS);
    this.#say();
  }

  #rest(): void {
    this.#field = undefined;
    this.#say();
  }

  #say(): void {
    this.#tell(this.#field ?? this.#open);
  }
}

function fieldOf(target: EventTarget | null): Place | undefined {
  if (!(target instanceof Element) || !isText(target)) return undefined;
  const written = target.closest<HTMLElement>("[data-writes]")?.dataset.writes;
  return written === undefined ? undefined : parseWrites(written);
}
