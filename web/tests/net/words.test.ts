import { beforeEach, describe, expect, test } from "vitest";
import { type BannerInputs, bannersOf } from "../../src/net/banner-words";
import type { Status } from "../../src/net/status";
import { detailOf, sentenceOf, wordOf } from "../../src/net/status-words";
import { setLocale } from "../../src/ui/words";

const AT = new Date("2021-07-15T01:17:20Z");
const SINCE = new Date("2021-07-15T01:15:00Z");

beforeEach(() => setLocale("nl"));

function said(status: Status): string {
  return `${wordOf(status)} ${detailOf(status, AT)}`.trim();
}

describe("the status, as it stands on the screen", () => {
  test.each<[Status, string]>([
    [{ word: "saved", waiting: 0, at: AT }, "opgeslagen 03:17:20"],
    [{ word: "saving", waiting: 3, since: SINCE }, "opslaan 3"],
    [{ word: "saving", waiting: 21, since: SINCE }, "opslaan"],
    [{ word: "connecting", waiting: 21 }, "verbinden uw tekst wacht"],
    [{ word: "offline", waiting: 21, since: SINCE }, "offline uw tekst wacht sinds 03:15"],
    [{ word: "connecting", waiting: 0 }, "verbinden"],
    [{ word: "connecting", waiting: 2 }, "verbinden 2 wachten"],
    [{ word: "offline", waiting: 2, since: SINCE }, "offline 2 wachten sinds 03:15"],
    [{ word: "offline", waiting: 1, since: SINCE }, "offline 1 wacht sinds 03:15"],
    [{ word: "offline", waiting: 0, since: SINCE }, "offline sinds 03:15"],
    [{ word: "read-only", waiting: 0, at: AT, reason: "observer" }, "alleen lezen 03:17"],
  ])("%o", (status, words) => {
    expect(said(status)).toBe(words);
  });

  test("says why and where in its sentence", () => {
    const status: Status = {
      word: "offline",
      waiting: 2,
      since: SINCE,
      reason: "silent",
      windowOnly: true,
    };
    expect(sentenceOf(status, AT)).toBe(
      "offline 2 wachten sinds 03:15. De server laat niets meer horen. Alleen in dit venster bewaard.",
    );
  });
});

function banners(status: Status, more: Partial<BannerInputs> = {}) {
  const quiet = { trouble: undefined, rescued: 0, change: undefined };
  return bannersOf({ status, name: "S. Hendrickx", ...quiet, ...more });
}

const SAVED: Status = { word: "saved", waiting: 0, at: AT };

describe("the banner", () => {
  test("is not there while all is well", () => {
    expect(banners(SAVED)).toEqual([]);
    expect(banners({ word: "saving", waiting: 1 })).toEqual([]);
    expect(banners({ word: "connecting", waiting: 1 })).toEqual([]);
  });

  test("offline says what happened, what is kept, what to do", () => {
    const [banner] = banners({ word: "offline", waiting: 2, since: SINCE, reason: "restart" });
    expect(banner?.title).toBe("U bent offline.");
    expect(banner?.text).toBe(
      "De server start opnieuw. U kunt doorschrijven: 2 wijzigingen wachten en worden verstuurd zodra er verbinding is.",
    );
    expect(banner?.urgent).toBe(true);
  });

  test("offline with nothing waiting says how old the picture is", () => {
    const [banner] = banners({ word: "offline", waiting: 0, since: SINCE });
    expect(banner?.title).toBe("U bent offline.");
    expect(banner?.text).toContain("03:15");
  });

  test("a text that waits is not counted in keystrokes", () => {
    const [banner] = banners({ word: "offline", waiting: 340, since: SINCE });
    expect(banner?.text).toBe(
      "U kunt doorschrijven: uw tekst wacht en wordt verstuurd zodra er verbinding is.",
    );
  });

  test("offline in this window only says to leave it open", () => {
    const [banner] = banners({ word: "offline", waiting: 1, since: SINCE, windowOnly: true });
    expect(banner?.text).toContain("laat het open");
  });

  test("a session that ended offers to sign in, to go on, and the text", () => {
    const status: Status = { word: "offline", waiting: 3, reason: "session-ended" };
    expect(banners(status)[0]?.actions).toEqual(["sign-in", "resume", "copy"]);
    expect(banners({ ...status, waiting: 0 })[0]?.actions).toEqual(["sign-in", "resume"]);
  });

  test("somebody else in this browser: whose page this is", () => {
    const [banner] = banners({ word: "offline", waiting: 1, reason: "other-person" });
    expect(banner?.text).toContain("meld u opnieuw aan als S. Hendrickx");
  });

  test("a server that cannot store is no reason to stop writing", () => {
    const [banner] = banners({ word: "saving", waiting: 1, reason: "storage" });
    expect([banner?.tone, banner?.title]).toEqual([
      "time",
      "De server kan op dit moment niet opslaan.",
    ]);
  });

  test("texts that were put aside are told beside whatever else there is", () => {
    const offline: Status = { word: "offline", waiting: 0, since: SINCE };
    const titles = banners(offline, { rescued: 2 }).map(({ title }) => title);
    expect(titles).toEqual(["U bent offline.", "Uw tekst is bewaard."]);
  });

  test("who may not write any more is told why", () => {
    const closed = banners({ word: "read-only", waiting: 0 }, { change: "closed" })[0];
    expect(`${closed?.title} ${closed?.text}`).toBe("Het incident is gesloten. U kunt lezen.");
    expect([closed?.actions, closed?.urgent]).toEqual([["understood"], true]);
    const observes = banners({ word: "read-only", waiting: 0 }, { change: "observer" })[0];
    expect(observes?.text).toBe("U kijkt nu mee: u kunt lezen, niet schrijven.");
  });

  test("a device that keeps nothing is told once the line is well", () => {
    expect(banners(SAVED, { trouble: "full" })[0]?.text).toContain("De opslag is vol.");
  });
});
