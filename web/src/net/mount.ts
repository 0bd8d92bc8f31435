/**
 * Puts what the line has to say on the page: the status word, the banner, the way out.
 */
import { defineBanner, LineBanner } from "./banner-element";
import { keepShell } from "./register";
import { mountSignOut } from "./sign-out";
import { defineStatus, StatusWord } from "./status-element";
import { ownerOf } from "./store";
import type { Work } from "./work";

export function mountLine(work: Work, root: ParentNode = document): void {
  defineStatus();
  defineBanner();
  root.querySelector("[data-mount=status]")?.replaceChildren(new StatusWord(work.status));
  root.querySelector("[data-mount=banner]")?.replaceChildren(new LineBanner(work));
  mountSignOut(work, root);
  resumeWhenSeen(work);
  const { person } = work.boot;
  const keep = () => void keepShell(work.boot, ownerOf(person.id, person.organisation));
  work.onMoved(keep);
  keep();
}

/** Who signed in again in another tab comes back to this one: it goes on by itself. */
function resumeWhenSeen(work: Work): void {
  document.addEventListener("visibilitychange", () => {
    const { reason } = work.status.current;
    const isOver = reason === "session-ended" || reason === "other-person";
    if (document.visibilityState === "visible" && isOver) work.resume();
  });
}
