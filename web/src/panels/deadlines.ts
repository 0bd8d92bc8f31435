// Deadlines of actions: when one is late, and the order that puts the most urgent on top.
import type { Action } from "../docs/rows";

type Timed = Pick<Action, "id" | "due" | "state" | "order" | "priority">;

const OVER: ReadonlySet<string> = new Set(["done", "dropped"]);
const WEIGHT: Readonly<Record<string, number>> = { urgent: 0, high: 1, average: 2, low: 3 };

export function isOver(action: Pick<Action, "state">): boolean {
  return OVER.has(action.state);
}

/** The deadline in ms since 1970; undefined when there is none that can be read. */
export function dueAt(action: Pick<Action, "due">): number | undefined {
  const at = Date.parse(action.due);
  return Number.isNaN(at) ? undefined : at;
}

/** How many ms too late; undefined when it is on time, over, or without a deadline. */
export function lateBy(action: Pick<Action, "due" | "state">, now: number): number | undefined {
  const due = dueAt(action);
  if (due === undefined || isOver(action)) return undefined;
  const late = now - due;
  return late >= 60_000 ? late : undefined;
}

/** Open ones first, by deadline, then by priority; what is over lies below. */
export function byDeadline(one: Timed, other: Timed): number {
  return (
    Number(isOver(one)) - Number(isOver(other)) ||
    (dueAt(one) ?? Number.MAX_SAFE_INTEGER) - (dueAt(other) ?? Number.MAX_SAFE_INTEGER) ||
    (WEIGHT[one.priority] ?? 2) - (WEIGHT[other.priority] ?? 2) ||
    one.order - other.order ||
    (one.id < other.id ? -1 : 1)
  );
}
