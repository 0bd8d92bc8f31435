/**
 * The few questions that the live page asks beside the live line.
 */
import { type Boot, type BootDocument, isWorkspace, readBoot } from "../boot";
import { type Admission, ComeBackLater } from "./line";
import { toldAs } from "./line-states";

export interface Server {
  /** Whether the session of this browser is still that of the person of this page: edits of one
   * person must never be stored under the name of another. Rejects when the line is down, with
   * ComeBackLater when the server said for how long. */
  admit(signal: AbortSignal): Promise<Admission>;
  /** The documents of the incident as they are now; undefined when they may not be read. Rejects
   * when the line is down. */
  documents(): Promise<BootDocument[] | undefined>;
  /** The page as it is now, without its contents; undefined and rejected as `documents`. */
  shell(): Promise<Shell | undefined>;
}

export interface Shell {
  boot: Boot;
  page: ParentNode;
}

export class HttpServer implements Server {
  readonly #boot: Boot;

  constructor(boot: Boot) {
    this.#boot = boot;
  }

  async admit(signal: AbortSignal): Promise<Admission> {
    const response = await ask("/api/v1/session", "application/json", signal);
    if (response.status === 401 && isOurs(response)) return "session-ended";
    const told = response.status === 503 ? toldBy(response) : undefined;
    if (told !== undefined) throw new ComeBackLater(told);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return this.#isMe(recordOf(await response.json())) ? "admitted" : "other-person";
  }

  /** The page itself, without its contents, names them. */
  async documents(): Promise<BootDocument[] | undefined> {
    return (await this.shell())?.boot.documents;
  }

  async shell(): Promise<Shell | undefined> {
    const response = await ask(`/incidents/${this.#boot.incident.id}/shell`, "text/html");
    if ([403, 404].includes(response.status)) return undefined;
    // not signed in any more: the question can be answered when somebody is
    if (response.redirected) throw new Error("the server asks to sign in");
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const boot = readBoot(page);
    return isWorkspace(boot) ? { boot, page } : undefined;
  }

  #isMe(session: Record<string, unknown>): boolean {
    const { id, organisation } = recordOf(session.person);
    const { person } = this.#boot;
    return id === person.id && organisation === person.organisation;
  }
}

function ask(path: string, accept: string, signal?: AbortSignal): Promise<Response> {
  const headers = { Accept: accept };
  return fetch(path, { cache: "no-store", headers, ...(signal === undefined ? {} : { signal }) });
}

/** Retry-After in its plain form, in milliseconds. */
function toldBy(response: Response): number | undefined {
  const text = response.headers.get("retry-after");
  return text === null || !/^\d+$/.test(text) ? undefined : toldAs(Number(text));
}

/** A network that wants a sign-in of its own answers for everybody; our errors are problem+json. */
function isOurs(response: Response): boolean {
  return response.headers.get("content-type")?.includes("json") === true;
}

function recordOf(value: unknown): Record<string, unknown> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Record<string, unknown>) : {};
}
