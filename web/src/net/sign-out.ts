/**
 * Signing out: first what is unsent goes to the server; what cannot go is offered as a copy. On
 * this device only what the server has is removed.
 */
import { html, nothing, type TemplateResult } from "lit";
import { openDialog } from "../ui/dialog";
import { t, tn } from "../ui/words";
import { DeviceStore } from "./device-store";
import { forgetShells } from "./register";
import { openCopies, openRescues } from "./rescue-dialog";
import type { OfflineStore } from "./store";
import type { Work } from "./work";

/** How long signing out waits for the last changes to be stored. */
const SEND_LIMIT = 5_000;

/** Takes over every sign-out form of the page. `work` is what is written on this page, if any. */
export function mountSignOut(work?: Work, root: ParentNode = document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-sign-out]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void signOut(form, work);
    });
  }
}

async function signOut(form: HTMLFormElement, work: Work | undefined): Promise<void> {
  if (work === undefined) {
    await signOutBeside(form);
    return;
  }
  const button = form.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  const sent = work.status.current.waiting === 0 || (await work.settled(SEND_LIMIT));
  button?.removeAttribute("aria-busy");
  if (sent && work.rescues.copies.length === 0) await leave(form, work.store);
  else askWith(form, work, sent);
}

/** From a page without documents: this device may still hold what an earlier visit left. */
async function signOutBeside(form: HTMLFormElement): Promise<void> {
  const store = "indexedDB" in window ? new DeviceStore(indexedDB) : undefined;
  const left = await clear(store);
  if (left === 0) await leave(form, undefined);
  else ask(form, undefined, leftBehind(left), nothing);
}

function askWith(form: HTMLFormElement, work: Work, sent: boolean): void {
  const show = () => (sent ? openRescues(work.rescues) : openCopies(work.copiesOfUnsent()));
  const button = html`<button class="button" @click=${show}>${t("Show my text")}</button>`;
  ask(form, work.store, whatStays(work, sent), button);
}

/** Nothing is cleared silently: the person reads what stays behind, and where. */
function ask(
  form: HTMLFormElement,
  store: OfflineStore | undefined,
  what: string,
  more: TemplateResult | typeof nothing,
): void {
  const dialog = openDialog(t("Sign out?"), html`<p>${what}</p>`, {
    foot: html`${more}
      <button class="button" data-kind="danger" @click=${() => dialog.close("leave")}>
        ${t("Sign out anyway")}
      </button>`,
    onClose: (answer) => {
      if (answer === "leave") void leave(form, store);
    },
  });
}

function leftBehind(documents: number): string {
  const text = tn(
    "This device holds text in {n} document that was not sent.",
    "This device holds text in {n} documents that was not sent.",
    documents,
  );
  return `${text} ${t("It stays here and is sent when you sign in here again and open the incident.")}`;
}

function whatStays(work: Work, sent: boolean): string {
  const onDevice = work.store.place === "device";
  if (sent) {
    return onDevice
      ? t("Texts that could not be sent stay on this device until you put them away.")
      : t("Texts that could not be sent are lost when you sign out: save them first.");
  }
  const { waiting } = work.status.current;
  const unsent = tn("{n} change is not sent.", "{n} changes are not sent.", waiting);
  const then = onDevice
    ? t("They stay on this device and are sent when you sign in here again and open the incident.")
    : t("They are lost when you sign out: save your text first.");
  return `${unsent} ${then}`;
}

async function leave(form: HTMLFormElement, store: OfflineStore | undefined): Promise<void> {
  store?.close();
  await clear(store);
  await forgetShells();
  form.submit();
}

/** What the server has is removed; answers how many documents hold what it lacks. A database that
 * cannot be cleared is no reason to stay. */
async function clear(store: OfflineStore | undefined): Promise<number> {
  try {
    return (await store?.clearAcknowledged()) ?? 0;
  } catch (error) {
    console.error("offline store not cleared:", error);
    return 0;
  }
}
