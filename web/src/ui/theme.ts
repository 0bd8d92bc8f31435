// Light, dark or as the system says. The page changes at once; the server keeps the choice in a
// cookie so that the next page arrives in it.
import { say } from "./toast";
import { t } from "./words";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return THEMES.find((theme) => theme === chosen) ?? "system";
}

/** Shows the page in `theme`, and asks the server to remember it. */
export async function setTheme(theme: Theme): Promise<void> {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[name="theme"]'))
    button.setAttribute("aria-pressed", String(button.value === theme));
  if (!(await remember(theme))) say(t("The colours are kept for this page only: no connection."));
}

async function remember(theme: Theme): Promise<boolean> {
  const body = new URLSearchParams({ theme, next: location.pathname });
  try {
    const answer = await fetch("/preferences", { method: "POST", body, redirect: "manual" });
    return answer.type === "opaqueredirect" || answer.ok;
  } catch (error) {
    // fetch throws a TypeError when there is no line; anything else is a mistake of ours.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
