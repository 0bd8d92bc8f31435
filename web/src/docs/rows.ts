/**
 * Decisions and actions, as the lists that people write together. A decision here is always a
 * draft: taking it is a formal act, and no edit can do it.
 */
import type * as Y from "yjs";
import { type Row, type RowKind, Table } from "./table";

export type Priority = "low" | "average" | "high" | "urgent";
export type ActionState = "open" | "busy" | "done" | "dropped";

const DECISION = {
  plain: { team: "", org: "", at: "", source: "", createdAt: "", number: 0, order: 0 },
  texts: ["title", "text", "grounds"],
} as const satisfies RowKind<Record<string, string | number>, string>;

const ACTION = {
  plain: {
    org: "",
    team: "",
    due: "",
    priority: "average",
    state: "open",
    decision: "",
    source: "",
    createdAt: "",
    order: 0,
  },
  texts: ["what"],
} as const satisfies RowKind<Record<string, string | number>, string>;

export interface DecisionFields extends Record<string, string | number> {
  team: string;
  org: string;
  at: string;
  source: string;
  createdAt: string;
  number: number;
  order: number;
}

export interface ActionFields extends Record<string, string | number> {
  org: string;
  team: string;
  due: string;
  priority: string;
  state: string;
  decision: string;
  source: string;
  createdAt: string;
  order: number;
}

export type DecisionText = (typeof DECISION.texts)[number];
export type ActionText = (typeof ACTION.texts)[number];
export type Decision = Row<DecisionFields, DecisionText>;
export type Action = Row<ActionFields, ActionText>;
export type Decisions = Table<DecisionFields, DecisionText>;
export type Actions = Table<ActionFields, ActionText>;

export function decisionsOf(doc: Y.Doc): Decisions {
  return new Table<DecisionFields, DecisionText>(doc, "rows", DECISION);
}

export function actionsOf(doc: Y.Doc): Actions {
  return new Table<ActionFields, ActionText>(doc, "rows", ACTION);
}

/** A new draft, with the next number. Two people at once may draw the same number: it helps to
 * speak about a draft and is no identity. */
export function addDecision(
  decisions: Decisions,
  fields: Partial<DecisionFields> & Partial<Record<DecisionText, string>>,
): string {
  const numbers = decisions.list().map((row) => row.number);
  const number = Math.max(0, ...numbers) + 1;
  return decisions.add({ number, createdAt: new Date().toISOString(), ...fields });
}

export function addAction(
  actions: Actions,
  fields: Partial<ActionFields> & Partial<Record<ActionText, string>>,
): string {
  return actions.add({ createdAt: new Date().toISOString(), ...fields });
}
