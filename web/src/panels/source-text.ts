// Where something comes from: a text that may hold web addresses. The words become the link.
import { html, nothing, type TemplateResult } from "lit";
import { safeHref } from "../docs/links";

const ADDRESS = /https?:\/\/[^\s;,]+/g;

export interface Source {
  readonly words: string;
  readonly hrefs: readonly string[];
}

/** "NU.nl: title, https://nu.nl/x" as its words and its addresses. */
export function readSource(text: string): Source {
  const hrefs = [...text.matchAll(ADDRESS)].map(([found]) => safeHref(found));
  const known = hrefs.filter((href) => href !== undefined);
  const words = text.replaceAll(ADDRESS, " ").replaceAll(/\s+(?=[,;.])|[,;\s]+(?=[,;]|$)/g, "");
  const tidy = words.replaceAll(/\s{2,}/g, " ").trim();
  return { words: tidy || hostOf(known[0] ?? ""), hrefs: known };
}

function hostOf(href: string): string {
  return href === "" ? "" : new URL(href).hostname.replace(/^www\./, "");
}

export function sourceTemplate(text: string): TemplateResult | typeof nothing {
  const { words, hrefs } = readSource(text);
  if (words === "") return nothing;
  const [first, ...others] = hrefs;
  if (first === undefined) return html`${words}`;
  return html`<a href=${first} target="_blank" rel="noopener noreferrer" title=${words}>${words}</a
    >${others.map(
      (href) =>
        html` <a href=${href} target="_blank" rel="noopener noreferrer">${hostOf(href)}</a>`,
    )}`;
}
