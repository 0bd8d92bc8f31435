// The words of the screen, and times as people in Dutch crisis rooms write them.
//
// Message ids are the English text. `words.gen.ts` holds the Dutch of every id that a script uses
// and is made by `web/words.mjs` out of `web/locale/nl.po`; English needs no catalogue.
import { nl } from "./words.gen";

export type Locale = "nl" | "en";
export type Params = Readonly<Record<string, string | number>>;

const ZONE = "Europe/Amsterdam";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let chosen: Locale | undefined;

/** The language of the page, as the server wrote it on <html lang>. */
export function locale(): Locale {
  chosen ??= globalThis.document?.documentElement.lang === "en" ? "en" : "nl";
  return chosen;
}

/** For tests: speak this language from now on. */
export function setLocale(next: Locale): void {
  chosen = next;
}

/** Marks a text as a message id where it stands as data; `t` translates it where it is shown. */
export function msg(id: string): string {
  return id;
}

/** The text for a message id, with `{name}` replaced by the parameter of that name. */
export function t(id: string, params: Params = {}): string {
  const found = locale() === "nl" ? nl[id] : undefined;
  return fill(typeof found === "string" ? found : id, params);
}

/** One or many: `tn("{n} change", "{n} changes", 3)`; `n` is always a parameter. */
export function tn(singular: string, plural: string, n: number, params: Params = {}): string {
  const found = locale() === "nl" ? nl[singular] : undefined;
  const [one, many] = typeof found === "object" ? found : [singular, plural];
  return fill((n === 1 ? one : many) ?? plural, { ...params, n });
}

function fill(text: string, params: Params): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    const tag = locale() === "nl" ? "nl-NL" : "en-GB";
    formatter = new Intl.DateTimeFormat(tag, { timeZone: ZONE, hourCycle: "h23", ...options });
    formatters.set(key, formatter);
  }
  return formatter.format(date);
}

/** 03:17 */
export function formatTime(date: Date): string {
  return format(date, { hour: "2-digit", minute: "2-digit" });
}

/** 03:17:20 */
export function formatClock(date: Date): string {
  return format(date, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** vr 16 jul */
export function formatDate(date: Date): string {
  return format(date, { weekday: "short", day: "numeric", month: "short" }).replaceAll(/[.,]/g, "");
}

/** Today only the time, then the date, then the year: "03:17", "do 15 jul 21:40",
 *  "16 jul 2021 03:17". */
export function formatMoment(date: Date, now: Date = new Date()): string {
  const time = formatTime(date);
  if (year(date) !== year(now)) return `${dateOfYear(date)} ${time}`;
  return formatDate(date) === formatDate(now) ? time : `${formatDate(date)} ${time}`;
}

function year(date: Date): string {
  return format(date, { year: "numeric" });
}

function dateOfYear(date: Date): string {
  return format(date, { day: "numeric", month: "short", year: "numeric" }).replaceAll(".", "");
}

/** nu · 6 min · 1 u 12 · 2 dagen */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < MINUTE) return t("now");
  if (age < HOUR) return t("{n} min", { n: Math.floor(age / MINUTE) });
  if (age < DAY) return hoursAndMinutes(age);
  return tn("{n} day", "{n} days", Math.floor(age / DAY));
}

function hoursAndMinutes(age: number): string {
  const minutes = Math.floor((age % HOUR) / MINUTE);
  return t("{h} h {m}", { h: Math.floor(age / HOUR), m: String(minutes).padStart(2, "0") });
}

/** How long a whole number of minutes is: 7 dagen · 2 uur · 30 minuten. */
export function formatSpan(minutes: number): string {
  if (minutes % 1440 === 0) return tn("{n} day", "{n} days", minutes / 1440);
  if (minutes % 60 === 0) return tn("{n} hour", "{n} hours", minutes / 60);
  return tn("{n} minute", "{n} minutes", minutes);
}

/** For a screen reader: "22 minuten oud", "1 uur en 12 minuten oud". */
export function spokenAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < MINUTE) return t("changed just now");
  if (age >= DAY) return tn("{n} day old", "{n} days old", Math.floor(age / DAY));
  const hours = Math.floor(age / HOUR);
  const minutes = Math.floor((age % HOUR) / MINUTE);
  const parts = [
    ...(hours === 0 ? [] : [tn("{n} hour", "{n} hours", hours)]),
    ...(minutes === 0 ? [] : [tn("{n} minute", "{n} minutes", minutes)]),
  ];
  return t("{age} old", { age: parts.join(" ") });
}
