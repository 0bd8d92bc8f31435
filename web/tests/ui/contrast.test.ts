import { expect, test } from "vitest";
import tokens from "../../styles/tokens.css?raw";

// The colours of styles/tokens.css, read as they are: a token that is made paler fails here.
const TOKENS = new Map(
  [...tokens.matchAll(/--([\w-]+):\s*(?:light-dark\((#\w+),\s*(#\w+)\)|(#\w{6}))/g)].map(
    ([, name, light, dark, both]) => [name ?? "", [light ?? both ?? "", dark ?? both ?? ""]],
  ),
);
const MODES = ["light", "dark"] as const;

function colour(name: string, mode: number): string {
  const found = TOKENS.get(name)?.[mode];
  if (found === undefined) throw new Error(`no token ${name}`);
  return found;
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["surface", "canvas"];
const TEXTS: [text: string, grounds: string[], least: number][] = [
  ["text", [...GROUNDS, "sunken", "hover", "accent-soft"], 7],
  ["text-2", [...GROUNDS, "sunken", "hover", "accent-soft"], 4.5],
  ["text-3", [...GROUNDS, "sunken", "hover", "hover-on-canvas", "accent-soft"], 4.5],
  ["accent", [...GROUNDS, "accent-soft", "hover"], 4.5],
  ["on-accent", ["accent", "accent-hover"], 4.5],
  ["ok", [...GROUNDS, "ok-soft"], 4.5],
  ["time", [...GROUNDS, "time-soft", "accent-soft"], 4.5],
  ["on-time", ["time-solid"], 7],
  ["truth", [...GROUNDS, "truth-soft"], 4.5],
  ["text", ["time-soft", "truth-soft"], 7],
  ["on-truth", ["truth-solid"], 4.5],
  ["on-ex", ["ex-solid"], 4.5],
  ["ex-text", ["ex-ground"], 4.5],
  ["on-grip-low", ["grip-0", "grip-1", "grip-2"], 4.5],
  ["on-grip-3", ["grip-3"], 4.5],
  ["on-grip-high", ["grip-4", "grip-5"], 4.5],
  ["on-writer", [1, 2, 3, 4, 5, 6, 7].map((n) => `writer-${n}`), 4.5],
  ["text", ["line-2"], 4.5],
  ...["clear", "green", "amber", "red"].map((level): [string, string[], number] => [
    `tlp-${level}`,
    ["tlp-ground"],
    4.5,
  ]),
];

test.each(TEXTS)("%s can be read on %j", (text, grounds, least) => {
  for (const ground of grounds)
    for (const [mode, name] of MODES.entries())
      expect(
        contrast(colour(text, mode), colour(ground, mode)),
        `${text} on ${ground}, ${name}`,
      ).toBeGreaterThanOrEqual(least);
});

test.each(["ctl", "accent", "ex-line", ...[1, 2, 3, 4, 5, 6, 7].map((n) => `writer-${n}`)])(
  "the edge %s can be seen",
  (edge) => {
    for (const ground of GROUNDS)
      for (const [mode, name] of MODES.entries())
        expect(
          contrast(colour(edge, mode), colour(ground, mode)),
          `${edge} on ${ground}, ${name}`,
        ).toBeGreaterThanOrEqual(3);
  },
);

test("more GRIP is further from the ground", () => {
  for (const mode of MODES.keys()) {
    const steps = [0, 1, 2, 3, 4, 5].map((level) =>
      contrast(colour(`grip-${level}`, mode), colour("surface", mode)),
    );
    expect(steps).toEqual([...steps].sort((one, other) => one - other));
  }
});
