// The keyboard on a page: one listener, F6 from pane to pane, "?" for the keys of the pane that has
// the focus. A pane is an element with `data-keys="name"` and a label.
import { html, nothing, type TemplateResult } from "lit";
import { openDialog } from "./dialog";
import { type Binding, chordOf, Keyboard, type Place } from "./keyboard";
import { t } from "./words";

export type { Binding } from "./keyboard";

const SWITCH = "samenbeeld.single-keys";
const keyboard = new Keyboard();

/** Adds keys; returns what takes them away again. */
export function registerKeys(bindings: readonly Binding[]): () => void {
  return keyboard.add(bindings);
}

export function singleKeysOn(): boolean {
  return localStorage.getItem(SWITCH) !== "off";
}

export function switchSingleKeys(on: boolean): void {
  localStorage.setItem(SWITCH, on ? "on" : "off");
}

/** Listens to the page's keys; returns what stops it. */
export function mountKeys(): () => void {
  const remove = registerKeys([
    { keys: "f6", label: t("Next pane"), run: () => focusPane(1) },
    { keys: "shift+f6", label: t("Previous pane"), run: () => focusPane(-1) },
    { keys: "?", label: t("Keys of this pane"), run: openKeys },
  ]);
  document.addEventListener("keydown", onKeyDown);
  return () => {
    remove();
    document.removeEventListener("keydown", onKeyDown);
  };
}

function onKeyDown(event: KeyboardEvent): void {
  // Ctrl+Alt with AltGr is how many keyboards type a sign: never ours.
  if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
  const chord = chordOf(event);
  if (chord === undefined || document.querySelector("dialog:modal") !== null) return;
  const answer = keyboard.press(chord, placeOf(event));
  if (answer === undefined) return;
  event.preventDefault();
  if (answer !== "waiting") answer.run(event);
}

function placeOf(event: KeyboardEvent): Place {
  const target = event.target instanceof Element ? event.target : document.body;
  return {
    pane: paneOf(target)?.dataset.keys,
    inText: isText(target),
    singleKeys: singleKeysOn(),
    now: event.timeStamp,
  };
}

function paneOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>("[data-keys]");
}

const NOT_TEXT = new Set(["button", "checkbox", "radio", "submit", "reset", "range", "color"]);

/** Whether typing in `element` writes text. */
export function isText(element: Element): boolean {
  if (element instanceof HTMLInputElement) return !NOT_TEXT.has(element.type);
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  return element instanceof HTMLElement && element.isContentEditable;
}

function focusPane(step: 1 | -1): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-keys]")].filter((pane) =>
    pane.checkVisibility(),
  );
  if (panes.length === 0) return;
  const here = document.activeElement === null ? null : paneOf(document.activeElement);
  const place = here === null ? (step === 1 ? -1 : 0) : panes.indexOf(here);
  panes[(place + step + panes.length) % panes.length]?.focus();
}

/** Shows the keys that work in the pane that has the focus. */
export function openKeys(): void {
  const pane = document.activeElement === null ? null : paneOf(document.activeElement);
  const { here, everywhere } = keyboard.of(pane?.dataset.keys);
  const name = pane?.getAttribute("aria-label") ?? undefined;
  openDialog(
    t("Keys"),
    html`${here.length > 0 && name !== undefined ? keyList(name, here) : nothing}
    ${keyList(t("Everywhere"), everywhere)}`,
  );
}

function keyList(title: string, bindings: readonly Binding[]): TemplateResult {
  return html`<h3 class="keylist-title">${title}</h3>
    <dl class="keylist">
      ${bindings.map(
        ({ keys, label }) => html`<div>
          <dt>${keyCaps(keys)}</dt>
          <dd>${label}</dd>
        </div>`,
      )}
    </dl>`;
}

/** "g b" as two caps, "ctrl+k" as one: "Ctrl K". */
export function keyCaps(keys: string): TemplateResult {
  return html`${keys.split(" ").map((chord) => html`<kbd class="key">${capText(chord)}</kbd>`)}`;
}

export function capText(chord: string): string {
  const names: Record<string, string> = { escape: "Esc", arrowdown: "↓", arrowup: "↑" };
  return chord
    .split("+")
    .map((part) => names[part] ?? part.charAt(0).toUpperCase() + part.slice(1))
    .join(" ");
}
