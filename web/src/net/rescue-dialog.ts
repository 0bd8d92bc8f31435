/**
 * "Your text is kept": the copies of what could not be sent, to read, copy, download, and in the
 * end to put away, which only its writer does.
 */
import { html, nothing, type TemplateResult } from "lit";
import { openDialog } from "../ui/dialog";
import { icon } from "../ui/icons";
import { say } from "../ui/toast";
import { formatMoment, t } from "../ui/words";
import { asJson, asText, fileName, type RescueCopy, reasonOf } from "./rescue";
import type { Rescues } from "./rescues";

type Drop = (copy: RescueCopy, section: Element) => void;

/** The copies that were put aside; each can be put away. */
export function openRescues(rescues: Rescues): void {
  const drop: Drop = (copy, section) => {
    if (!confirm(t("Put this text away for good? It is not on the server."))) return;
    void rescues.drop(copy.id).then(() => section.remove());
  };
  open(rescues.copies, drop);
}

/** What is unsent now; it stays where it is. */
export function openCopies(copies: readonly RescueCopy[]): void {
  open(copies, undefined);
}

function open(copies: readonly RescueCopy[], drop: Drop | undefined): void {
  const body = html`${copies.map((copy) => renderCopy(copy, drop))}`;
  openDialog(t("Your text is kept"), body, { wide: true });
}

function renderCopy(copy: RescueCopy, drop: Drop | undefined): TemplateResult {
  const title = `rescue-${copy.id}`;
  return html`<section class="rescue" aria-labelledby=${title}>
    <h3 class="rescue-title" id=${title}>
      ${icon("life-buoy")} ${copy.incident.title}, ${formatMoment(new Date(copy.at))}
    </h3>
    <p>${drop === undefined ? t("Not sent yet.") : whatHappened(copy)}</p>
    <pre class="rescue-text" tabindex="0">${asText(copy)}</pre>
    <p class="rescue-tools">
      ${tool("copy", t("Copy"), () => void copyText(copy))}
      ${tool("download", t("Save as text"), () => save(copy, "txt"))}
      ${tool("download", t("Save as file"), () => save(copy, "json"))}
      ${drop === undefined ? nothing : putAway(copy, drop)}
    </p>
  </section>`;
}

function whatHappened(copy: RescueCopy): string {
  const todo = t("Nothing of it is lost: copy what is still needed into the present text.");
  return `${reasonOf(copy.reason)} ${todo}`;
}

function putAway(copy: RescueCopy, drop: Drop): TemplateResult {
  return tool("trash", t("Put away"), (event) => {
    const section = (event.currentTarget as Element).closest(".rescue");
    if (section !== null) drop(copy, section);
  });
}

type Act = (event: Event) => void;

function tool(name: "copy" | "download" | "trash", word: string, act: Act): TemplateResult {
  return html`<button class="button" type="button" @click=${act}>
    ${icon(name)} <span>${word}</span>
  </button>`;
}

async function copyText(copy: RescueCopy): Promise<void> {
  await navigator.clipboard.writeText(asText(copy));
  say(t("Copied"));
}

function save(copy: RescueCopy, kind: "txt" | "json"): void {
  const text = kind === "txt" ? asText(copy) : asJson(copy);
  const type = kind === "txt" ? "text/plain;charset=utf-8" : "application/json";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = fileName(copy, kind);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
