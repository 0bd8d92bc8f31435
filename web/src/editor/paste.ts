// What comes in from elsewhere. The schema lets through only what a text may hold; before that, what
// would be lost without a word is turned into something it can hold, and styles and handlers are
// taken off where nothing can run.

const DROPPED = "script, style, link, meta, title, noscript, template, iframe, object, svg, math";

/** Pasted HTML without anything that acts, and with tables as lines of text. */
export function cleanPaste(html: string): string {
  // the inside of a <template> is a document of its own in which nothing loads and nothing runs
  const template = document.createElement("template");
  template.innerHTML = defused(html);
  const { content } = template;
  for (const element of content.querySelectorAll(DROPPED)) element.remove();
  for (const row of content.querySelectorAll("tr")) row.replaceWith(lineOf(row));
  for (const element of content.querySelectorAll("*")) strip(element);
  return template.innerHTML;
}

/** Styles and handlers under names that mean nothing to a browser. They would be blocked anyway, but a
 *  blocked one is a report in the console, and reports have to mean something. */
function defused(html: string): string {
  return html
    .replaceAll(/<style[\s>][\s\S]*?<\/style>/gi, "")
    .replaceAll(/<[a-z][^>]*>/gi, (tag) =>
      tag.replaceAll(/\s(on[a-z]+|style)(?=\s*=)/gi, " data-$1"),
    );
}

/** A row of a table, its cells side by side: "Maas, Venlo | 17,9 | m +NAP". */
function lineOf(row: Element): Element {
  const line = row.ownerDocument.createElement("p");
  const cells = [...row.querySelectorAll("td, th")].map((cell) => cell.textContent?.trim() ?? "");
  line.textContent = cells.join(" | ");
  return line;
}

function strip(element: Element): void {
  const style = element.getAttribute("data-style") ?? "";
  for (const { name } of [...element.attributes]) {
    if (name !== "href") element.removeAttribute(name);
  }
  // Google Docs wraps everything in <b style="font-weight: normal">
  if (/font-weight:\s*(normal|400)/i.test(style) && element.matches("b, strong")) unwrap(element);
  else if (/font-weight:\s*(bold|[6-9]00)/i.test(style)) wrapInside(element, "strong");
  if (/font-style:\s*italic/i.test(style)) wrapInside(element, "em");
}

function unwrap(element: Element): void {
  element.replaceWith(...element.childNodes);
}

function wrapInside(element: Element, tag: string): void {
  const wrapper = element.ownerDocument.createElement(tag);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
}
