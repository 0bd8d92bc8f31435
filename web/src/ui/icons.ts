// `icon("check")`: an icon of the set as a Lit template. It is always beside a word or inside a
// control that has a name, so it is hidden from screen readers.
import { html, type TemplateResult } from "lit";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import { ICONS, type IconName, iconMarkup } from "./icon-set";

export type { IconName } from "./icon-set";

/** `size: "l"` is 22 px, for touch; otherwise 16 px. */
export function icon(name: IconName, size: "m" | "l" = "m"): TemplateResult {
  // The markup is our own constant table, never a text of somebody's.
  return html`<svg class="icon" data-size=${size} viewBox="0 0 24 24" aria-hidden="true">
    ${drawing(name)}
  </svg>`;
}

const made = new Map<IconName, ReturnType<typeof unsafeSVG>>();

function drawing(name: IconName): ReturnType<typeof unsafeSVG> {
  let content = made.get(name);
  if (content === undefined) {
    content = unsafeSVG(iconMarkup(ICONS[name]));
    made.set(name, content);
  }
  return content;
}
