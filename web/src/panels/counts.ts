// The numbers beside "Decisions" and "Actions" in the navigation and in the heads of the panes.
import { html, nothing, render, type TemplateResult } from "lit";
import { actionsOf, decisionsOf } from "../docs/rows";
import type { SharedDocument } from "../docs/shared";
import { icon } from "../ui/icons";
import { t, tn } from "../ui/words";
import { isOver, lateBy } from "./deadlines";

const TICK_MS = 20_000;
const PAUSE_MS = 250;

interface Counted {
  onChange(listener: () => void): () => void;
}

/** Keeps the counts right until the function that comes back is called. */
function keepCount(name: string, rows: Counted, template: () => TemplateResult): () => void {
  let pause: ReturnType<typeof setTimeout> | undefined;
  const draw = (): void => {
    pause = undefined;
    for (const host of document.querySelectorAll<HTMLElement>(`[data-count="${name}"]`)) {
      if (!("_$litPart$" in host)) host.replaceChildren();
      render(template(), host);
    }
  };
  const soon = (): void => {
    pause ??= setTimeout(draw, PAUSE_MS);
  };
  const stop = rows.onChange(soon);
  const tick = window.setInterval(draw, TICK_MS);
  draw();
  return () => {
    stop();
    clearTimeout(pause);
    window.clearInterval(tick);
  };
}

export function countDecisions(shared: SharedDocument): () => void {
  const decisions = decisionsOf(shared.doc);
  return keepCount("decisions", decisions, () => {
    const count = decisions.size;
    return html`${count === 0 ? nothing : tn("{n} draft", "{n} drafts", count)}`;
  });
}

/** Late ones are news; without any, how many are open. */
export function countActions(shared: SharedDocument): () => void {
  const actions = actionsOf(shared.doc);
  return keepCount("actions", actions, () => {
    const open = actions.list().filter((action) => !isOver(action));
    const late = open.filter((action) => lateBy(action, Date.now()) !== undefined).length;
    if (late > 0) {
      return html`<span class="late">${icon("clock-alert")} ${t("{n} late", { n: late })}</span>`;
    }
    return html`${open.length === 0 ? nothing : t("{n} open", { n: open.length })}`;
  });
}
