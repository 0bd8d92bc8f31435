import type { Cancel, Clock } from "../../src/net/clock";

interface Due {
  at: number;
  every: number | undefined;
  act: () => void;
}

/** A clock that tests move by hand. */
export class HandClock implements Clock {
  #now = 0;
  #due: Due[] = [];
  readonly #start = Date.parse("2021-07-15T01:00:00Z");

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#start + this.#now);
  }

  after(ms: number, act: () => void): Cancel {
    return this.#plan({ at: this.#now + ms, every: undefined, act });
  }

  every(ms: number, act: () => void): Cancel {
    return this.#plan({ at: this.#now + ms, every: ms, act });
  }

  /** Lets time pass, with everything that becomes due in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      if (next.every === undefined) this.#due.splice(this.#due.indexOf(next), 1);
      else next.at += next.every;
      next.act();
    }
    this.#now = end;
  }

  /** Time passes and nothing runs: the device slept. What was due meanwhile runs once, late. */
  sleep(ms: number): void {
    this.#now += ms;
    for (const due of this.#due) {
      if (due.every !== undefined && due.at < this.#now) due.at = this.#now;
    }
  }

  #plan(due: Due): Cancel {
    this.#due.push(due);
    return () => {
      this.#due = this.#due.filter((one) => one !== due);
    };
  }

  #next(end: number): Due | undefined {
    const soon = this.#due.filter((due) => due.at <= end);
    return soon.sort((one, other) => one.at - other.at)[0];
  }
}
