/**
 * Time, as the live line needs it, behind a seam that tests move by hand.
 */

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds of a clock that never steps back and does not stop while the device sleeps. */
  now(): number;
  /** The date on the wall, for people. */
  date(): Date;
  after(ms: number, act: () => void): Cancel;
  every(ms: number, act: () => void): Cancel;
}

/**
 * The browser's steady clock stands still while a laptop sleeps, and its wall clock may be set
 * back. Of two readings the larger step is believed: a line that slept is old, whatever one of
 * them says.
 */
export function sleepAwareNow(steady: () => number, wall: () => number): () => number {
  let total = 0;
  let lastSteady = steady();
  let lastWall = wall();
  return () => {
    const [nowSteady, nowWall] = [steady(), wall()];
    total += Math.max(nowSteady - lastSteady, nowWall - lastWall, 0);
    [lastSteady, lastWall] = [nowSteady, nowWall];
    return total;
  };
}

export function browserClock(): Clock {
  return {
    now: sleepAwareNow(
      () => performance.now(),
      () => Date.now(),
    ),
    date: () => new Date(),
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    every(ms, act) {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
  };
}
