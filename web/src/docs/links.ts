// Which addresses a link may have. Everything else is shown as plain text: a shared document can
// hold anything that somebody's own program wrote into it.

const SAFE_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);
const LONGEST = 2048;

/** The address as the browser will read it when it may be followed, else undefined. */
export function safeHref(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > LONGEST) return undefined;
  let url: URL;
  try {
    url = new URL(value.trim());
  } catch {
    return undefined; // relative, or no address at all: a link in a crisis room names its host
  }
  return SAFE_SCHEMES.has(url.protocol) ? url.href : undefined;
}

/** What somebody typed into the link field, as an address: "nu.nl" and "im@vrzl.nl" are meant well. */
export function typedHref(text: string): string | undefined {
  const typed = text.trim();
  if (typed === "") return undefined;
  if (/^[^\s/@:]+@[^\s/@:]+\.[^\s/@:]+$/.test(typed)) return safeHref(`mailto:${typed}`);
  if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(typed)) return safeHref(typed);
  return /^[^\s/]+\.[^\s/]{2,}/.test(typed) ? safeHref(`https://${typed}`) : undefined;
}
