/**
 * Pages without a browser against a real server. A test of the server's side starts the server and
 * tells us where it is; without it these tests do not run.
 */
import WebSocket from "ws";
import type { Boot, BootDocument } from "../../src/boot";
import { IncidentDocs } from "../../src/docs/incident";
import { browserClock } from "../../src/net/clock";
import type { Server } from "../../src/net/server";
import type { WebSocketClass } from "../../src/net/socket";
import type { Status, Word } from "../../src/net/status";
import { WindowStore } from "../../src/net/store";

interface Live {
  http: string;
  incident: string;
  /** An API key per person. */
  keys: Record<string, string>;
  /** How long each commit takes, in ms. */
  commit: number;
}

declare const process: { env: Record<string, string | undefined> };

const told = process.env.SAMENBEELD_LIVE;
export const LIVE: Live | undefined = told === undefined ? undefined : JSON.parse(told);

const ORGANISATIONS: Record<string, string> = {
  ana: "24",
  bo: "23",
  wil: "WL",
  def: "DEF",
  otto: "JenV",
  stranger: "1",
};

export interface Page {
  docs: IncidentDocs;
  /** Takes the line away: nothing can be opened, and what is open ends. */
  cut(): void;
  heal(): void;
  end(): void;
}

export interface Given {
  /** The epoch that the page believes in. */
  epoch?: number;
  documents?: () => Promise<BootDocument[] | undefined>;
}

export function live(): Live {
  if (LIVE === undefined) throw new Error("no server was started for this test");
  return LIVE;
}

/** A person's page: the real documents, line and provider, with a key instead of a cookie. */
export function aPage(person: string, given: Given = {}): Page {
  const { http, keys } = live();
  const key = keys[person] ?? "";
  const line = { isCut: false, open: new Set<WebSocket>() };
  class Keyed extends WebSocket {
    constructor(url: string) {
      super(line.isCut ? "ws://127.0.0.1:9/" : url, {
        headers: { authorization: `Bearer ${key}` },
      });
      line.open.add(this);
    }
  }
  const docs = new IncidentDocs(bootOf(person, given.epoch ?? 1), {
    clock: browserClock(),
    server: serverOf(key, line, given),
    store: new WindowStore(),
    page: {
      onBetterTimes: nothing,
      onWorseTimes: nothing,
      onReturn: nothing,
      beforeLeaving: nothing,
    },
    url: `${http.replace("http", "ws")}/collab`,
    webSocket: Keyed as unknown as WebSocketClass,
    random: () => 0.2,
  });
  return {
    docs,
    cut() {
      line.isCut = true;
      for (const socket of line.open) socket.terminate();
      line.open.clear();
    },
    heal() {
      line.isCut = false;
    },
    end: () => docs.destroy(),
  };
}

function nothing(): () => void {
  return () => undefined;
}

function serverOf(key: string, line: { isCut: boolean }, given: Given): Server {
  return {
    async admit(signal) {
      if (line.isCut) throw new Error("cut");
      const response = await call("GET", "/api/v1/session", key, undefined, signal);
      return response.ok ? "admitted" : "session-ended";
    },
    shell: () => Promise.resolve(undefined),
    documents: given.documents ?? (() => Promise.reject(new Error("nobody was to ask"))),
  };
}

export function documentsOf(epoch: number): BootDocument[] {
  return ["picture", "decisions", "actions"].map((document) => ({
    name: `${live().incident}/${document}@${epoch}`,
    document,
    mayWrite: true,
  }));
}

function bootOf(person: string, epoch: number): Boot {
  return {
    page: "workspace",
    locale: "nl",
    version: "0",
    person: {
      id: person,
      name: person,
      function: "IM",
      organisation: ORGANISATIONS[person] ?? "",
    },
    ownDevice: false,
    incident: {
      id: live().incident,
      title: "Hoogwater",
      phase: "warm",
      exercise: true,
      tlp: "AMBER",
      rhythm: 30,
      themes: [{ id: "source", title: "Bron en waterstanden" }],
    },
    role: "editor",
    organisations: [],
    documents: documentsOf(epoch),
    collab: "/collab",
  };
}

/** A request of the REST interface by somebody with a key. */
export function call(
  method: string,
  path: string,
  key: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return fetch(live().http + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Looks every 10 ms until `wanted` holds; says what was there instead after 15 s. */
export async function eventually<T>(look: () => T, wanted: (found: T) => boolean): Promise<T> {
  const until = Date.now() + 15_000;
  for (;;) {
    const found = look();
    if (wanted(found)) return found;
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(found)}`);
    await pause(10);
  }
}

export function isWord(page: Page, word: Word): Promise<Status> {
  return eventually(
    () => page.docs.status.current,
    (status) => status.word === word,
  );
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
