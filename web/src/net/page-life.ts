/**
 * What happens to the page as a whole: looked at again, back on a network, about to be left.
 */
export interface PageLife {
  /** The line may be back: a network appeared, or somebody looks at the page again. */
  onBetterTimes(act: () => void): () => void;
  /** The line may be gone: the device says that it has no network. */
  onWorseTimes(act: () => void): () => void;
  /** The page came back out of the browser's memory, after it had said goodbye. */
  onReturn(act: () => void): () => void;
  /** Asks before the page is left while `wouldLose` says so. */
  beforeLeaving(wouldLose: () => boolean): () => void;
}

export function windowLife(): PageLife {
  return {
    onBetterTimes(act) {
      const looked = () => document.visibilityState === "visible" && act();
      return both(listen(window, "online", act), listen(document, "visibilitychange", looked));
    },
    onWorseTimes(act) {
      return listen(window, "offline", act);
    },
    onReturn(act) {
      return listen(window, "pageshow", (event) => {
        if ((event as PageTransitionEvent).persisted) act();
      });
    },
    beforeLeaving(wouldLose) {
      return listen(window, "beforeunload", (event) => {
        if (wouldLose()) event.preventDefault();
      });
    },
  };
}

function listen(target: EventTarget, type: string, act: (event: Event) => void): () => void {
  target.addEventListener(type, act);
  return () => target.removeEventListener(type, act);
}

function both(one: () => void, other: () => void): () => void {
  return () => {
    one();
    other();
  };
}
