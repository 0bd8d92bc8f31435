// The list of incidents by keyboard: J and K go from one to the next, Enter opens it (it is a
// link), N begins a new one.
import { registerKeys } from "../ui/keys";
import { t } from "../ui/words";

export function mountIncidents(): void {
  registerKeys([
    { keys: "j", label: t("Next incident"), run: () => step(1) },
    { keys: "k", label: t("Previous incident"), run: () => step(-1) },
    { keys: "arrowdown", label: t("Next incident"), run: () => step(1) },
    { keys: "arrowup", label: t("Previous incident"), run: () => step(-1) },
    ...newIncident(),
  ]);
}

function newIncident() {
  const link = document.querySelector<HTMLAnchorElement>("a[data-command=new-incident]");
  return link === null ? [] : [{ keys: "n", label: t("New incident"), run: () => link.click() }];
}

function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".incident-link")];
  const here = links.findIndex((link) => link.matches(":focus"));
  const start = here < 0 && by === -1 ? links.length : here;
  links[Math.min(links.length - 1, Math.max(0, start + by))]?.focus();
}
