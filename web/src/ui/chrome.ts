// What every page has, whatever it shows: keys, the palette, colours, the menu under one's name.
import { mountPalette, registerCommand } from "./command";
import { mountKeys, openKeys, singleKeysOn, switchSingleKeys } from "./keys";
import { setTheme, THEMES } from "./theme";
import { say } from "./toast";
import { msg, t } from "./words";

const THEME_WORDS = {
  system: msg("Colours as the system"),
  light: msg("Light colours"),
  dark: msg("Dark colours"),
} as const;
const THEME_ICONS = { system: "monitor", light: "sun", dark: "moon" } as const;

/** Brings the frame of a page to life. Call once, before the page's own parts mount. */
export function mountChrome(): void {
  mountKeys();
  registerViewCommands();
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-command]"))
    registerLink(link);
  const host = document.querySelector<HTMLElement>("[data-mount=command]");
  if (host !== null) mountPalette(host);
  mountThemeButtons();
  closeMenusOnTheGroundBeside();
}

function registerViewCommands(): void {
  const group = t("view");
  for (const theme of THEMES)
    registerCommand({
      id: `theme:${theme}`,
      title: t(THEME_WORDS[theme]),
      icon: THEME_ICONS[theme],
      group,
      run: () => void setTheme(theme),
    });
  registerCommand({
    id: "keys",
    title: t("Show the keys"),
    icon: "keyboard",
    keys: "?",
    group,
    run: openKeys,
  });
  registerCommand({
    id: "print",
    title: t("Print this page"),
    icon: "printer",
    group,
    run: () => print(),
  });
  registerCommand({
    id: "single-keys",
    title: t("Single keys on or off"),
    icon: "keyboard",
    group,
    run: toggleSingleKeys,
  });
}

function toggleSingleKeys(): void {
  switchSingleKeys(!singleKeysOn());
  say(singleKeysOn() ? t("Single keys are on.") : t("Single keys are off."));
}

/** A plain link that the palette knows as well: `<a data-command="incidents" …>`. */
function registerLink(link: HTMLAnchorElement): void {
  registerCommand({
    id: `link:${link.dataset.command ?? link.href}`,
    title: link.dataset.title ?? link.textContent?.trim() ?? link.href,
    icon: "arrow-right",
    group: t("go to"),
    run: () => link.click(),
  });
}

function mountThemeButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[name="theme"]'))
    button.addEventListener("click", (event) => {
      const theme = THEMES.find((known) => known === button.value);
      if (theme === undefined) return;
      event.preventDefault();
      void setTheme(theme);
    });
}

/** An open menu (<details data-menu>) closes on Escape and on a click beside it. */
function closeMenusOnTheGroundBeside(): void {
  const open = (): Iterable<HTMLDetailsElement> =>
    document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]");
  document.addEventListener("pointerdown", (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}
