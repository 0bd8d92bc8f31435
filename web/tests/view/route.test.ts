import { describe, expect, it } from "vitest";
import { parseRoute, type Route, routeHash } from "../../src/view/route";

const ROUTES: [string, Route][] = [
  ["#beeld/source", { place: "picture", theme: "source" }],
  ["#beeld", { place: "picture", theme: undefined }],
  ["#eigen/effects", { place: "own", theme: "effects" }],
  ["#themas", { place: "themes" }],
  ["#besluiten", { place: "decisions", row: undefined }],
  ["#besluiten/7f3a-91c0", { place: "decisions", row: "7f3a-91c0" }],
  ["#acties/a%2Fb", { place: "actions", row: "a/b" }],
];

describe("an address", () => {
  it.each(ROUTES)("%s names its place, and is made from it", (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(routeHash(route)).toBe(hash);
  });

  it("may be a plain anchor of the page without scripts", () => {
    expect(parseRoute("#decisions")).toEqual({ place: "decisions", row: undefined });
    expect(parseRoute("#picture")).toEqual({ place: "picture", theme: undefined });
  });

  it.each(["", "#", "#nonsense", "#beeld/%E0%A4%A", "#constructor"])(
    "%s is the picture",
    (hash) => {
      expect(parseRoute(hash)).toEqual({ place: "picture", theme: undefined });
    },
  );
});
