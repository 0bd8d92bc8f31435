/**
 * How the incident stands and what this person may do in it. The page was made with one answer;
 * when the server says that it changed, or the line was away, the page asks again.
 */
import type { Boot, Phase, Role } from "../boot";
import type { Cancel, Clock } from "../net/clock";
import { Listeners } from "../net/listeners";
import type { Server, Shell } from "../net/server";
import type { IncidentChange } from "../net/work";

export interface StandingParts {
  clock: Clock;
  server: Server;
  random?: () => number;
}

interface Stand {
  readonly phase: Phase;
  readonly role: Role;
}

/** A whole room hears of a change in one moment; it does not ask in one moment. */
const SPREAD = 500;
/** After a restart everybody comes back at once. */
const SPREAD_AFTER_LOSS = 5_000;
const ASK_AGAIN = 2_000;
/** The line's return asks again as well: a server that does not answer is not asked for ever. */
const MOST_TRIES = 5;

export class Standing {
  readonly #parts: StandingParts;
  readonly #pages = new Listeners<[ParentNode]>();
  /** What this person was last told. */
  #known: Stand;
  #now: Stand;
  #planned: Cancel | undefined;
  #asked = 0;

  constructor(boot: Boot, parts: StandingParts) {
    this.#parts = parts;
    this.#known = this.#now = standOf(boot);
  }

  get phase(): Phase {
    return this.#now.phase;
  }

  get role(): Role {
    return this.#now.role;
  }

  /** What changed for this person since they were last told. */
  get change(): IncidentChange | undefined {
    return changeBetween(this.#known, this.#now);
  }

  /** The person read it. */
  understood(): void {
    this.#known = this.#now;
  }

  /** The page as the server makes it now, without contents. */
  onPage(listener: (page: ParentNode) => void): () => void {
    return this.#pages.add(listener);
  }

  changed(): void {
    this.#plan(SPREAD * this.#random(), 1);
  }

  lineIsBack(): void {
    this.#plan(SPREAD_AFTER_LOSS * this.#random(), 1);
  }

  end(): void {
    this.#planned?.();
    this.#asked = Number.NaN;
    this.#pages.clear();
  }

  /** One question for many changes; the last one asked is the one that counts. */
  #plan(ms: number, tries: number): void {
    this.#planned?.();
    this.#planned = this.#parts.clock.after(ms, () => void this.#ask(tries));
  }

  async #ask(tries: number): Promise<void> {
    const asked = ++this.#asked;
    try {
      const shell = await this.#parts.server.shell();
      if (asked === this.#asked && shell !== undefined) this.#take(shell);
    } catch (error) {
      console.warn("the server does not say how the incident stands:", error);
      if (asked === this.#asked && tries < MOST_TRIES) this.#plan(ASK_AGAIN * tries, tries + 1);
    }
  }

  #take({ boot, page }: Shell): void {
    this.#now = standOf(boot);
    this.#pages.tell(page);
  }

  #random(): number {
    return (this.#parts.random ?? Math.random)();
  }
}

function standOf({ role, incident }: Boot): Stand {
  return { role, phase: incident.phase };
}

function changeBetween(before: Stand, now: Stand): IncidentChange | undefined {
  if (now.phase === "closed" && before.phase !== "closed") return "closed";
  if (now.role !== before.role) return now.role;
  return before.phase === "closed" && now.phase !== "closed" ? "reopened" : undefined;
}
