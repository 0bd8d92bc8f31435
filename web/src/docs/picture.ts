/**
 * The shared picture: per theme one rich text, and facts as rows.
 */
import type * as Y from "yjs";
import { type Row, type RowKind, Table } from "./table";

const FACT = {
  plain: { theme: "", label: "", value: "", unit: "", org: "", at: "", source: "", order: 0 },
  texts: [],
} as const satisfies RowKind<Record<string, string | number>, string>;

export interface FactFields extends Record<string, string | number> {
  theme: string;
  label: string;
  value: string;
  unit: string;
  org: string;
  at: string;
  source: string;
  order: number;
}

export type Fact = Row<FactFields, never>;
export type Facts = Table<FactFields, never>;

/** How the roots of the texts are called; the rest of the name is the theme. */
export const TEXT_ROOT = "text:";

/** The rich text of a theme, for the editor to bind to. */
export function fragment(doc: Y.Doc, theme: string): Y.XmlFragment {
  return doc.getXmlFragment(TEXT_ROOT + theme);
}

export function factsOf(doc: Y.Doc): Facts {
  return new Table<FactFields, never>(doc, "facts", FACT);
}

/** The facts of one theme, in their order. */
export function factsOfTheme(facts: Facts, theme: string): Fact[] {
  return facts.list().filter((fact) => fact.theme === theme);
}
