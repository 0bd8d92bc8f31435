// The mark of an organisation: a square for a region, round for the Rijk, a cut corner for a
// partner. It is filled with a writer's colour only while that organisation writes.
import { html, nothing, type TemplateResult } from "lit";

export type OrganisationKind = "region" | "national" | "partner";

export interface MarkOptions {
  /** Writer colour 1–7, only while they write. */
  readonly writing?: number | undefined;
  /** The full name, when it does not stand beside the mark. */
  readonly name?: string | undefined;
}

const COLOURS = 7;

export function organisationMark(
  code: string,
  kind: OrganisationKind,
  { writing, name }: MarkOptions = {},
): TemplateResult {
  const spoken = name === undefined ? nothing : html`<span class="sr-only"> ${name}</span>`;
  return html`<span
    class="mark"
    data-kind=${kind}
    data-writer=${writing ?? nothing}
    title=${name ?? nothing}
    >${code}${spoken}</span
  >`;
}

/** The colours of those who write. Each organisation has the colour of its place among `codes`, so
 *  that everybody sees the same one; who would share it with somebody already seen here gets the next
 *  free colour instead, and keeps it. Only with more than seven do two share. */
export function writerColours(codes: readonly string[]): (code: string) => number {
  const given = new Map<string, number>();
  return (code) => {
    const known = given.get(code);
    if (known !== undefined) return known;
    const colour = freeColour(preferred(code, codes), new Set(given.values()));
    given.set(code, colour);
    return colour;
  };
}

function preferred(code: string, codes: readonly string[]): number {
  const place = codes.indexOf(code);
  return (place < 0 ? codes.length : place) % COLOURS;
}

function freeColour(wanted: number, taken: ReadonlySet<number>): number {
  for (let step = 0; step < COLOURS; step++) {
    const colour = ((wanted + step) % COLOURS) + 1;
    if (!taken.has(colour)) return colour;
  }
  return wanted + 1;
}
