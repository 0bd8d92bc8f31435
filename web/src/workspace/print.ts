import { formatDate, formatTime } from "../ui/words";

/** The mark on every sheet says when it was printed, not when the page was loaded. */
export function mountPrintMark(): void {
  const root = document.documentElement;
  const said = root.dataset.printMark;
  const loaded = root.dataset.printTime;
  if (said === undefined || loaded === undefined) return;
  window.addEventListener("beforeprint", () => {
    const now = new Date();
    root.dataset.printMark = said.replace(loaded, `${formatDate(now)} ${formatTime(now)}`);
  });
}
