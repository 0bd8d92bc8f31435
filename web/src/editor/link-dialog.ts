// Asks for the address of a link, and puts it on the selection.
import { html, nothing } from "lit";
import type { Mark } from "prosemirror-model";
import type { Command, EditorState } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { safeHref, typedHref } from "../docs/links";
import { openDialog } from "../ui/dialog";
import { icon } from "../ui/icons";
import { t } from "../ui/words";
import { schema } from "./schema";

const { link } = schema.marks;

interface LinkRange {
  readonly from: number;
  readonly to: number;
  readonly href: string;
}

/** The link around the caret, or what is selected. */
export function linkRange(state: EditorState): LinkRange | undefined {
  const { from, to, empty, $from } = state.selection;
  const mark = link.isInSet($from.marks()) ?? link.isInSet($from.nodeAfter?.marks ?? []);
  if (!empty) return { from, to, href: hrefOf(mark) };
  return mark === undefined ? undefined : { ...extent(state, mark), href: hrefOf(mark) };
}

function hrefOf(mark: Mark | undefined): string {
  return safeHref(mark?.attrs.href) ?? "";
}

/** From the first to the last piece of text around the caret that carries this very link. */
function extent(state: EditorState, mark: Mark): { from: number; to: number } {
  const { $from } = state.selection;
  const { parent } = $from;
  let [first, last] = [$from.index(), $from.index()];
  const carries = (index: number): boolean =>
    index >= 0 && index < parent.childCount && mark.isInSet(parent.child(index).marks);
  if (!carries(first)) [first, last] = [first - 1, last - 1];
  while (carries(first - 1)) first--;
  while (carries(last + 1)) last++;
  const offset = (index: number): number => {
    let size = 0;
    for (let i = 0; i < index; i++) size += parent.child(i).nodeSize;
    return $from.start() + size;
  };
  return { from: offset(first), to: offset(last + 1) };
}

/** The command of Shift-Mod-K: false when there is nothing to link. */
export const askLink: Command = (state, dispatch, view) => {
  const range = linkRange(state);
  if (range === undefined || view === undefined) return false;
  if (dispatch !== undefined) openLinkDialog(view, range);
  return true;
};

function setLink(view: EditorView, { from, to }: LinkRange, href: string | undefined): void {
  const transaction = view.state.tr.removeMark(from, to, link);
  if (href !== undefined) transaction.addMark(from, to, link.create({ href }));
  view.dispatch(transaction);
}

function openLinkDialog(view: EditorView, range: LinkRange): void {
  const form = "link-form";
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const input = dialog.querySelector<HTMLInputElement>("#link-address");
    const error = dialog.querySelector<HTMLElement>("#link-error");
    if (input === null || error === null) return;
    const href = typedHref(input.value);
    if (href === undefined && input.value.trim() !== "") {
      input.setAttribute("aria-invalid", "true");
      error.hidden = false;
      input.focus();
      return;
    }
    dialog.close();
    setLink(view, range, href);
  };
  const dialog = openDialog(
    t("Link"),
    html`<form id=${form} @submit=${submit} novalidate>
      <div class="field">
        <label class="field-label" for="link-address">${t("Address")}</label>
        <input
          class="input"
          id="link-address"
          type="url"
          inputmode="url"
          autocomplete="off"
          spellcheck="false"
          aria-describedby="link-error"
          .value=${range.href}
        />
        <p class="field-error" id="link-error" hidden>
          ${icon("circle-alert")} ${t("This is no web address or e-mail address.")}
        </p>
      </div>
    </form>`,
    {
      foot: html`${
        range.href === ""
          ? nothing
          : html`<button
                class="button"
                type="button"
                @click=${() => {
                  dialog.close();
                  setLink(view, range, undefined);
                }}
              >
                ${icon("unlink")} <span>${t("Remove link")}</span>
              </button>
              <a class="button" href=${range.href} target="_blank" rel="noopener noreferrer"
                >${icon("external-link")} <span>${t("Open")}</span></a
              >`
      }<button class="button" data-kind="main" type="submit" form=${form}>${t("Save")}</button>`,
      onClose: () => view.focus(),
    },
  );
  const input = dialog.querySelector<HTMLInputElement>("#link-address");
  input?.focus();
  input?.select();
}
