// A phone's keyboard lies over the page. The page gives it room, so that the tools of the text stand
// right above it and the line that is written stays in view.

/** Less than this is a browser's bar that comes and goes, not a keyboard. */
const SMALLEST = 120;

/** Keeps the page as high as what can be seen of it; returns what stops that. */
export function makeRoomForKeyboard(): () => void {
  const { visualViewport, document } = window;
  if (visualViewport === null) return () => {};
  const fit = (): void => {
    const covered = window.innerHeight - visualViewport.height;
    // pinched to look closer: nothing is covered then
    if (covered > SMALLEST && visualViewport.scale < 1.05) {
      document.body.style.setProperty("block-size", `${visualViewport.height}px`);
      window.scrollTo(0, 0);
    } else document.body.style.removeProperty("block-size");
  };
  visualViewport.addEventListener("resize", fit);
  return () => visualViewport.removeEventListener("resize", fit);
}
