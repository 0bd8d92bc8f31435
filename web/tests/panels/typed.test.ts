import { beforeAll, describe, expect, it } from "vitest";
import { readSource } from "../../src/panels/source-text";
import { parseMoment, shownMoment } from "../../src/panels/typed-moment";
import { setLocale } from "../../src/ui/words";

/** Monday 23 November 2026, 03:17 in Amsterdam. */
const now = Date.UTC(2026, 10, 23, 2, 17);

describe("a time as it is typed", () => {
  beforeAll(() => setLocale("nl"));

  it.each([
    ["03:30", "2026-11-23T02:30:00.000Z"],
    ["0330", "2026-11-23T02:30:00.000Z"],
    ["3.30", "2026-11-23T02:30:00.000Z"],
    ["3h30", "2026-11-23T02:30:00.000Z"],
    ["03:05", "2026-11-23T02:05:00.000Z"], // a little late already
    ["23:50", "2026-11-22T22:50:00.000Z"], // this night, before midnight
    ["18:00", "2026-11-23T17:00:00.000Z"], // this evening
    ["+30", "2026-11-23T02:47:00.000Z"],
    ["24 nov 03:15", "2026-11-24T02:15:00.000Z"],
    ["di 24 nov 03:15", "2026-11-24T02:15:00.000Z"],
    ["16 juli 2021 03:15", "2021-07-16T01:15:00.000Z"],
    ["24-11 0315", "2026-11-24T02:15:00.000Z"],
    ["2 jan 08:00", "2027-01-02T07:00:00.000Z"], // the nearest January
    ["5 mei 2021 12:00", "2021-05-05T10:00:00.000Z"],
    ["", ""],
  ])("%s is %s", (typed, iso) => {
    expect(parseMoment(typed, now)).toBe(iso);
  });

  it.each(["straks", "25:00", "12:60", "31 feb 12:00", "32-11 12:00", "12 foo 12:00", "7"])(
    "%s is none",
    (typed) => {
      expect(parseMoment(typed, now)).toBeUndefined();
    },
  );

  it.each([
    "2026-11-23T02:30:00.000Z",
    "2026-11-23T22:50:00.000Z",
    "2021-07-16T01:15:00.000Z",
    "2026-11-26T22:30:00.000Z",
    "2026-05-05T10:00:00.000Z",
  ])("%s as it is shown reads back as itself", (iso) => {
    expect(parseMoment(shownMoment(iso, now), now)).toBe(iso);
  });
});

describe("a source", () => {
  it("makes its words the link", () => {
    expect(readSource("NU.nl: Venlo geëvacueerd (2021-07-16), https://www.nu.nl/x.html")).toEqual({
      words: "NU.nl: Venlo geëvacueerd (2021-07-16)",
      hrefs: ["https://www.nu.nl/x.html"],
    });
  });

  it("keeps what stands behind an address", () => {
    expect(readSource("NU.nl, https://www.nu.nl/x; oefening")).toEqual({
      words: "NU.nl; oefening",
      hrefs: ["https://www.nu.nl/x"],
    });
  });

  it("that is only an address is called after its host", () => {
    expect(readSource("https://www.rws.nl/x").words).toBe("rws.nl");
  });

  it("without an address is only words", () => {
    expect(readSource("oefening")).toEqual({ words: "oefening", hrefs: [] });
    expect(readSource("javascript:alert(1)").hrefs).toEqual([]);
  });
});
