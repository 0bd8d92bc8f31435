/**
 * Signing out: first what is unsent goes to the server; what cannot go is offered as a copy. On
 * this device only what the server has is removed.
 */
import { html } from "lit";
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
  const button = form.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  const sent = work === undefined || work.status.current.waiting === 0 || (await trySending(work));
  button?.removeAttribute("aria-busy");
  if (work !== undefined && (!sent || work.rescues.copies.length > 0)) ask(form, work, sent);
  else await leave(form, work);
}

function trySending(work: Work): Promise<boolean> {
  return work.settled(SEND_LIMIT);
}

/** Nothing is cleared silently: the person reads what stays behind, and where. */
function ask(form: HTMLFormElement, work: Work, sent: boolean): void {
  const show = () => (sent ? openRescues(work.rescues) : openCopies(work.copiesOfUnsent()));
  const dialog = openDialog(t("Sign out?"), html`<p>${whatStays(work, sent)}</p>`, {
    foot: html`<button class="button" @click=${show}>${t("Show my text")}</button>
      <button class="button" data-kind="danger" @click=${() => dialog.close("leave")}>
        ${t("Sign out anyway")}
      </button>`,
    onClose: (answer) => {
      if (answer === "leave") void leave(form, work);
    },
  });
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

async function leave(form: HTMLFormElement, work: Work | undefined): Promise<void> {
  const store = work?.store ?? storeOfDevice();
  await clear(store);
  await forgetShells();
  form.submit();
}

/** A page without documents may still stand on a device that keeps some. */
function storeOfDevice(): OfflineStore | undefined {
  return "indexedDB" in window ? new DeviceStore(indexedDB) : undefined;
}

/** What the server has is removed. A database that cannot be cleared is no reason to stay. */
async function clear(store: OfflineStore | undefined): Promise<void> {
  try {
    store?.close();
    await store?.clearAcknowledged();
  } catch (error) {
    console.error("offline store not cleared:", error);
  }
}
