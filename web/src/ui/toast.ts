// One polite live region: short news that needs no answer. Spoken once, gone after a while.

const SHOWN_FOR_MS = 6_000;
/** Long enough to read it, and to reach the button. */
const OFFERED_FOR_MS = 15_000;

/** What a person may still do about the news. */
export interface Offer {
  readonly word: string;
  readonly run: () => void;
}

let region: HTMLElement | undefined;

/** Says `text` on the screen and, politely, to a screen reader. */
export function say(text: string): void {
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  liveRegion().append(note);
  setTimeout(() => note.remove(), SHOWN_FOR_MS);
}

/** Says `text` with a button beside it; returns what takes both away. */
export function offer(text: string, { word, run }: Offer): () => void {
  const note = document.createElement("div");
  note.className = "toast";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-offer";
  button.textContent = word;
  button.addEventListener("click", () => {
    note.remove();
    run();
  });
  note.append(text, button);
  liveRegion().append(note);
  setTimeout(() => note.remove(), OFFERED_FOR_MS);
  return () => note.remove();
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
