// The state of the incident on an open page (phase, GRIP) as it is now, not as it was when the page
// was made.
import type { IncidentDocs } from "../docs/incident";
import { announce } from "../ui/toast";
import { t } from "../ui/words";

export function keepStrip(docs: IncidentDocs): void {
  docs.onPage((page) => {
    const isChanged = renew(".strip-start", page);
    renew("#regions", page);
    // who has the forms open is not disturbed; the next change or a reload renews them
    renew("#settings:not(:popover-open)", page, "#settings");
    if (isChanged) announce(t("The state of the incident was changed."));
  });
}

/** Puts what the new page has in a place there; false when that is what stood there. */
function renew(place: string, page: ParentNode, source = place): boolean {
  const [old, fresh] = [document.querySelector(place), page.querySelector(source)];
  if (old === null || fresh === null || old.innerHTML === fresh.innerHTML) return false;
  const hadFocus = old.contains(document.activeElement);
  old.replaceChildren(...fresh.childNodes);
  if (hadFocus) old.querySelector<HTMLElement>("button")?.focus();
  return true;
}
