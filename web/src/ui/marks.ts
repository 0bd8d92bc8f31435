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

/** The colour of a writing organisation: its place among the incident's organisations, so that
 *  everybody sees the same one and the first seven never share. */
export function writerColour(code: string, codes: readonly string[]): number {
  const place = codes.indexOf(code);
  return ((place < 0 ? codes.length : place) % COLOURS) + 1;
}
