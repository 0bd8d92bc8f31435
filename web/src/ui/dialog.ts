// The native <dialog> with a head, a body and a foot. The browser keeps the focus inside, closes on
// Escape and gives the focus back; this file only draws it.
import { html, nothing, render, type TemplateResult } from "lit";
import { icon } from "./icons";
import { t } from "./words";

export interface DialogOptions {
  readonly foot?: TemplateResult;
  readonly wide?: boolean;
  /** Called once, however the dialog was closed. */
  readonly onClose?: (returnValue: string) => void;
}

let count = 0;

/** Opens a modal dialog and returns it; `dialog.close(value)` ends it. */
export function openDialog(
  title: string,
  body: TemplateResult,
  { foot, wide = false, onClose }: DialogOptions = {},
): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  count += 1;
  const id = `dialog-${count}`;
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", id);
  dialog.toggleAttribute("data-wide", wide);
  render(frame(id, title, body, foot), dialog);
  document.body.append(dialog);
  closeOnTheGroundBeside(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.(dialog.returnValue);
  });
  dialog.showModal();
  return dialog;
}

function frame(
  id: string,
  title: string,
  body: TemplateResult,
  foot?: TemplateResult,
): TemplateResult {
  return html`<form method="dialog" class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <button class="tool" aria-label=${t("Close")} value="">${icon("x")}</button>
    </form>
    <div class="dialog-body">${body}</div>
    ${foot === undefined ? nothing : html`<footer class="dialog-foot">${foot}</footer>`}`;
}

/** A click on the ground beside a dialog closes it; nothing inside is lost by it. */
export function closeOnTheGroundBeside(dialog: HTMLDialogElement): void {
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!inside) dialog.close("");
  });
}
