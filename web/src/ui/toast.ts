// One polite live region: short news that needs no answer. Spoken once, gone after a while.

const SHOWN_FOR_MS = 6_000;

let region: HTMLElement | undefined;

/** Says `text` on the screen and, politely, to a screen reader. */
export function say(text: string): void {
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  liveRegion().append(note);
  setTimeout(() => note.remove(), SHOWN_FOR_MS);
}

/** Says `text` only to a screen reader. */
export function announce(text: string): void {
  const note = document.createElement("p");
  note.className = "sr-only";
  note.textContent = text;
  liveRegion().append(note);
  setTimeout(() => note.remove(), SHOWN_FOR_MS);
}

function liveRegion(): HTMLElement {
  if (region?.isConnected) return region;
  region = document.createElement("div");
  region.className = "toasts";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
  return region;
}
