import { expect, test } from "vitest";
import { type Binding, chordOf, isSingle, Keyboard, type Place } from "../../src/ui/keyboard";

const OUTSIDE: Place = { pane: "decisions", inText: false, singleKeys: true, now: 0 };

function press(
  key: string,
  held: Partial<Record<"ctrl" | "alt" | "shift" | "meta", boolean>> = {},
) {
  return {
    key,
    ctrlKey: held.ctrl ?? false,
    altKey: held.alt ?? false,
    shiftKey: held.shift ?? false,
    metaKey: held.meta ?? false,
  };
}

function binding(keys: string, pane?: string): Binding {
  return { keys, label: keys, run: () => {}, ...(pane === undefined ? {} : { pane }) };
}

function aKeyboard(...bindings: Binding[]): Keyboard {
  const keyboard = new Keyboard();
  keyboard.add(bindings);
  return keyboard;
}

test.each([
  [press("j"), "j"],
  [press("J", { shift: true }), "j"],
  [press("?", { shift: true }), "?"],
  [press("F6"), "f6"],
  [press("F6", { shift: true }), "shift+f6"],
  [press("k", { ctrl: true }), "ctrl+k"],
  [press("k", { meta: true }), "ctrl+k"],
  [press("z", { ctrl: true, shift: true }), "ctrl+shift+z"],
  [press("s", { ctrl: true, alt: true }), "ctrl+alt+s"],
  [press(" "), "space"],
  [press("Control", { ctrl: true }), undefined],
])("a key press has one name", (event, chord) => {
  expect(chordOf(event)).toBe(chord);
});

test("only what types a sign is a single key", () => {
  expect(["j", "?", "space", "é"].every(isSingle)).toBe(true);
  expect(["f6", "ctrl+k", "escape", "enter"].some(isSingle)).toBe(false);
});

test("single keys are for outside text and can be switched off; chords always work", () => {
  const keyboard = aKeyboard(binding("n"), binding("ctrl+k"));
  expect(keyboard.press("n", OUTSIDE)).toMatchObject({ keys: "n" });
  expect(keyboard.press("n", { ...OUTSIDE, inText: true })).toBeUndefined();
  expect(keyboard.press("n", { ...OUTSIDE, singleKeys: false })).toBeUndefined();
  expect(keyboard.press("ctrl+k", { ...OUTSIDE, inText: true })).toMatchObject({ keys: "ctrl+k" });
});

test("the pane's own key goes before the one that works everywhere, and never leaves its pane", () => {
  const keyboard = aKeyboard(binding("n"), binding("n", "decisions"), binding("e", "actions"));
  expect(keyboard.press("n", OUTSIDE)).toMatchObject({ pane: "decisions" });
  expect(keyboard.press("n", { ...OUTSIDE, pane: "picture" })).not.toHaveProperty("pane");
  expect(keyboard.press("e", OUTSIDE)).toBeUndefined();
});

test("two keys after one another are one command, if the second comes soon", () => {
  const keyboard = aKeyboard(binding("g b"), binding("b"));
  expect(keyboard.press("g", OUTSIDE)).toBe("waiting");
  expect(keyboard.press("b", { ...OUTSIDE, now: 1_000 })).toMatchObject({ keys: "g b" });
  expect(keyboard.press("g", OUTSIDE)).toBe("waiting");
  expect(keyboard.press("b", { ...OUTSIDE, now: 2_000 })).toMatchObject({ keys: "b" });
});

test("going into text forgets a sequence that was begun", () => {
  const keyboard = aKeyboard(binding("g b"));
  keyboard.press("g", OUTSIDE);
  expect(keyboard.press("b", { ...OUTSIDE, inText: true })).toBeUndefined();
  expect(keyboard.press("b", OUTSIDE)).toBeUndefined();
});

test("keys that were taken away do nothing", () => {
  const keyboard = new Keyboard();
  keyboard.add([binding("n")])();
  expect(keyboard.press("n", OUTSIDE)).toBeUndefined();
});
