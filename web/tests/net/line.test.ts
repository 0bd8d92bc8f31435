import { HocuspocusProvider } from "@hocuspocus/provider";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { type Admission, ComeBackLater, Line } from "../../src/net/line";
import { HandClock } from "./hand-clock";
import { authenticated, syncStatus, turns, WIRE, WireSocket } from "./wire";

const NAME = "limburg-2021/picture@1";
const lines: Line[] = [];

interface Given {
  admit?: () => Promise<Admission>;
  unsavedSince?: () => number | undefined;
}

function aLine({ admit, unsavedSince }: Given = {}) {
  const clock = new HandClock();
  const refused: string[] = [];
  const line = new Line({
    url: "ws://test/collab",
    clock,
    admit: admit ?? (() => Promise.resolve("admitted")),
    unsavedSince: unsavedSince ?? (() => undefined),
    contentRefused: () => refused.push("refused"),
    random: () => 1,
    webSocket: WIRE,
  });
  lines.push(line);
  return { line, clock, refused };
}

async function aLiveLine(given: Given = {}) {
  const made = aLine(given);
  made.line.start();
  await turns();
  WireSocket.last.open();
  WireSocket.last.ping();
  return made;
}

beforeEach(() => {
  WireSocket.made = [];
});

afterEach(() => {
  for (const line of lines.splice(0)) line.destroy();
});

describe("coming to life", () => {
  test("our session is asked for before a socket is opened", async () => {
    let admit: (answer: Admission) => void = () => undefined;
    const { line } = aLine({ admit: () => new Promise((resolve) => (admit = resolve)) });
    line.start();
    await turns();
    expect([line.state, WireSocket.made.length]).toEqual(["checking", 0]);
    admit("admitted");
    await turns();
    expect([line.state, WireSocket.made.length]).toEqual(["opening", 1]);
  });

  test("it is live once the server was heard, not when the socket opened", async () => {
    const { line } = aLine();
    line.start();
    await turns();
    WireSocket.last.open();
    expect(line.state).toBe("greeting");
    WireSocket.last.ping();
    expect(line.state).toBe("live");
    expect(WireSocket.last.kinds).toEqual(["PONG"]);
  });

  test.each<Admission>(["session-ended", "other-person"])("%s: nothing is sent", async (answer) => {
    const { line, clock } = aLine({ admit: () => Promise.resolve(answer) });
    line.start();
    await turns();
    clock.pass(120_000);
    await turns();
    expect([line.state, line.reason, WireSocket.made.length]).toEqual(["stopped", answer, 0]);
    expect(line.isFirstAttempt).toBe(false);
  });

  test("a server that takes the connection and stays silent is given up after 10 s", async () => {
    const { line, clock } = aLine();
    line.start();
    await turns();
    clock.pass(9_999);
    expect(line.state).toBe("opening");
    clock.pass(1);
    expect(line.state).toBe("waiting");
    clock.pass(500);
    await turns();
    expect([line.state, WireSocket.made.length]).toEqual(["opening", 2]);
  });

  test("a question about the session that hangs is given up too, and its late answer ignored", async () => {
    const answers: ((answer: Admission) => void)[] = [];
    const { line, clock } = aLine({
      admit: () => new Promise((resolve) => answers.push(resolve)),
    });
    line.start();
    clock.pass(5_000);
    expect(line.state).toBe("waiting");
    answers[0]?.("admitted");
    await turns();
    expect(WireSocket.made).toHaveLength(0);
  });
});

describe("being lost", () => {
  test("waits grow while attempts fail, and begin small again after a line that stood", async () => {
    const { line, clock } = await aLiveLine();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      WireSocket.last.end(1006);
      const begun = clock.now();
      while (line.state === "waiting") clock.pass(1);
      pauses.push(clock.now() - begun);
      await turns();
    }
    expect(pauses).toEqual([500, 850, 1445, 2457]);
    WireSocket.last.open();
    WireSocket.last.ping();
    for (let second = 0; second < 11; second++) {
      clock.pass(1_000);
      WireSocket.last.ping();
    }
    WireSocket.last.end(1012);
    expect(line.reason).toBe("restart");
    clock.pass(500);
    expect(line.state).toBe("checking");
  });

  test("a server that greets and hangs up at once is not hammered", async () => {
    const { line, clock } = await aLiveLine();
    let pause = 0;
    for (let attempt = 0; attempt < 6; attempt++) {
      WireSocket.last.end(1013);
      const begun = clock.now();
      while (line.state === "waiting") clock.pass(1);
      pause = clock.now() - begun;
      await turns();
      WireSocket.last.open();
      WireSocket.last.ping();
    }
    expect(pause).toBeGreaterThan(5_000);
  });

  test("a session that ended is final until somebody signs in again", async () => {
    const { line, clock } = await aLiveLine();
    WireSocket.last.end(4401);
    clock.pass(300_000);
    await turns();
    expect([line.state, line.reason, WireSocket.made.length]).toEqual([
      "stopped",
      "session-ended",
      1,
    ]);
    line.nudge();
    expect(line.state).toBe("stopped");
    line.resume();
    await turns();
    expect(WireSocket.made).toHaveLength(2);
  });

  test.each([4400, 1009])(
    "%i: what was sent is put aside before the line comes back",
    async (code) => {
      const { line, refused } = await aLiveLine();
      WireSocket.last.end(code);
      expect([line.state, refused]).toEqual(["waiting", ["refused"]]);
    },
  );

  test("a network that comes back is tried at once", async () => {
    const { line } = await aLiveLine();
    WireSocket.last.end(1006);
    line.nudge();
    await turns();
    expect([line.state, WireSocket.made.length]).toEqual(["opening", 2]);
  });
});

describe("being sent away for a while", () => {
  const pauseOf = (line: Line, clock: HandClock) => {
    const begun = clock.now();
    while (line.state === "waiting") clock.pass(1);
    return clock.now() - begun;
  };

  test("R36: not before the time in the close frame, and then by chance", async () => {
    const { line, clock } = await aLiveLine();
    WireSocket.last.end(1012, "restart; retry-after=7");
    expect([line.state, line.reason]).toEqual(["waiting", "restart"]);
    line.nudge();
    expect(line.state).toBe("waiting");
    expect(pauseOf(line, clock)).toBe(7_500);
  });

  test("R36: nor before the time in the notice, when the line dies without a word", async () => {
    const { line, clock } = await aLiveLine();
    line.comeBackIn(9_000);
    WireSocket.last.ping();
    clock.pass(1_000);
    WireSocket.last.end(1006);
    expect(pauseOf(line, clock)).toBe(8_500);
  });

  test("R36: a door that is too full says when, and people see why", async () => {
    let full = true;
    const admit = () =>
      full ? Promise.reject(new ComeBackLater(4_000)) : Promise.resolve("admitted" as const);
    const { line, clock } = aLine({ admit });
    line.start();
    await turns();
    expect([line.state, line.reason, WireSocket.made.length]).toEqual(["waiting", "busy", 0]);
    full = false;
    expect(pauseOf(line, clock)).toBe(4_500);
    await turns();
    expect(WireSocket.made).toHaveLength(1);
  });

  test("the next loss has nothing to do with it", async () => {
    const { line, clock } = await aLiveLine();
    WireSocket.last.end(1012, "restart; retry-after=7");
    pauseOf(line, clock);
    await turns();
    WireSocket.last.open();
    WireSocket.last.ping();
    WireSocket.last.end(1006);
    expect(pauseOf(line, clock)).toBeLessThan(2_000);
  });
});

describe("silence", () => {
  test("12 s with nothing unsaved: offline, and a new socket although the old never closed", async () => {
    const { line, clock } = await aLiveLine();
    clock.pass(11_750);
    expect([line.isHeard, line.state]).toEqual([true, "live"]);
    clock.pass(250);
    expect([line.isHeard, line.state, line.reason]).toEqual([false, "waiting", "silent"]);
    clock.pass(500);
    await turns();
    expect(WireSocket.made).toHaveLength(2);
  });

  test("5 s with something unsaved", async () => {
    const unsaved = { since: undefined as number | undefined };
    const { line, clock } = await aLiveLine({ unsavedSince: () => unsaved.since });
    clock.pass(6_000);
    unsaved.since = clock.now();
    clock.pass(4_750);
    expect(line.isHeard).toBe(true);
    clock.pass(250);
    expect([line.isHeard, line.state]).toEqual([false, "waiting"]);
  });

  test("while something is unsaved the page asks, and an answer is a sign of life", async () => {
    const { line, clock } = await aLiveLine({ unsavedSince: () => 0 });
    const asked = () => WireSocket.last.kinds.filter((kind) => kind === "PING").length;
    let answered = 0;
    for (let second = 0; second < 30; second++) {
      clock.pass(1_000);
      for (; answered < asked(); answered++) WireSocket.last.say(new Uint8Array([10]));
    }
    expect([line.state, WireSocket.made.length]).toEqual(["live", 1]);
    expect(answered).toBe(15);
  });

  test("2 s after the device lost its network, unless the server answers", async () => {
    const { line, clock } = await aLiveLine();
    line.doubt();
    expect(WireSocket.last.kinds.at(-1)).toBe("PING");
    clock.pass(1_000);
    WireSocket.last.say(new Uint8Array([10]));
    clock.pass(4_000);
    expect([line.isHeard, line.state]).toEqual([true, "live"]);
    line.doubt();
    clock.pass(1_750);
    expect(line.isHeard).toBe(true);
    clock.pass(250);
    expect([line.isHeard, line.state, line.reason]).toEqual([false, "waiting", "silent"]);
  });

  test("a device that slept first hears what is in the browser's queue", async () => {
    const { line, clock } = await aLiveLine();
    clock.sleep(3_600_000);
    expect(line.isHeard).toBe(false);
    clock.pass(1);
    expect(line.state).toBe("live");
    WireSocket.last.ping();
    clock.pass(250);
    expect([line.isHeard, line.state]).toEqual([true, "live"]);
  });

  test("and when nothing is there, the line is begun anew", async () => {
    const { line, clock } = await aLiveLine();
    clock.sleep(3_600_000);
    clock.pass(300);
    expect(line.state).toBe("waiting");
  });

  test("a first answer that takes long is given longer each time", async () => {
    const { line, clock } = await aLiveLine();
    const stood = async () => {
      const begun = clock.now();
      while (line.state === "greeting" || line.state === "live") clock.pass(250);
      const lasted = clock.now() - begun;
      while (line.state === "waiting") clock.pass(100);
      await turns();
      WireSocket.last.open();
      return lasted;
    };
    expect([await stood(), await stood(), await stood()]).toEqual([12_000, 24_000, 48_000]);
    line.proven();
    expect(await stood()).toBe(12_000);
  });
});

describe("what waited for a socket", () => {
  test("is not sent beside the sync that carries it: three edits offline, one confirmation", async () => {
    const { line, clock } = await aLiveLine();
    const doc = new Y.Doc();
    const provider = new HocuspocusProvider({
      name: NAME,
      document: doc,
      awareness: null,
      websocketProvider: line.socket,
      token: "session",
    });
    provider.attach();
    await turns();
    WireSocket.last.end(1006);
    for (const word of ["een", "twee", "drie"]) doc.getText("t").insert(0, word);
    clock.pass(500);
    await turns();
    WireSocket.last.open();
    await turns();
    WireSocket.last.say(authenticated(NAME));
    await turns();
    expect(WireSocket.last.kinds).toEqual(["AUTH", "SYNC/0"]);
    expect(provider.unsyncedChanges).toBe(1);
    WireSocket.last.say(syncStatus(NAME, true));
    expect(provider.unsyncedChanges).toBe(0);
    provider.destroy();
  });

  test("a line that is dropped tells the documents, which the library forgets to do", async () => {
    const { line, clock } = await aLiveLine();
    const provider = new HocuspocusProvider({
      name: NAME,
      document: new Y.Doc(),
      awareness: null,
      websocketProvider: line.socket,
      token: "session",
    });
    provider.attach();
    await turns();
    WireSocket.last.say(authenticated(NAME));
    WireSocket.last.say(syncStatus(NAME, true));
    expect([provider.isAuthenticated, provider.synced]).toEqual([true, true]);
    clock.pass(12_000);
    expect([provider.isAuthenticated, provider.synced]).toEqual([false, false]);
    provider.destroy();
  });
});
