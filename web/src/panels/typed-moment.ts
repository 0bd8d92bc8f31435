// Times as people type them at three in the morning: "0315", "3:15", "16 jul 03:15", "+30".
import { formatDate, formatMoment, formatTime } from "../ui/words";
import { fromWallTime, toWallTime } from "./wall-time";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How a moment is shown in the field that it is typed in: as short as reads back as itself. */
export function shownMoment(iso: string, now: number = Date.now()): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return "";
  const date = new Date(at);
  const [day, time, year] = [formatDate(date), formatTime(date), toWallTime(iso).slice(0, 4)];
  const spellings = [formatMoment(date, new Date(now)), `${day} ${time}`];
  const short = spellings.find((text) => parseMoment(text, now) === wholeMinute(at));
  return short ?? `${day} ${year} ${time}`;
}

/** The moment in ISO, "" for an empty field, undefined for what names no time. */
export function parseMoment(typed: string, now: number = Date.now()): string | undefined {
  const text = typed.trim().toLowerCase();
  if (text === "") return "";
  const ahead = /^\+\s*(\d{1,4})$/.exec(text);
  if (ahead !== null) return wholeMinute(now + Number(ahead[1]) * MINUTE);
  const time = timeIn(text);
  if (time === undefined) return undefined;
  const date = dateIn(text.replace(time.found, " "), now);
  if (date === undefined) return undefined;
  return date === "none" ? nearestDay(time.clock, now) : fromWallTime(`${date}T${time.clock}`);
}

function wholeMinute(at: number): string {
  return new Date(Math.floor(at / MINUTE) * MINUTE).toISOString();
}

interface Time {
  readonly found: string;
  /** HH:MM */
  readonly clock: string;
}

/** The last thing in the text that reads as a time of the day. */
function timeIn(text: string): Time | undefined {
  const found = /(?:^|\s)((\d{1,2})[:.h](\d{2})|(\d{2})(\d{2}))\s*$/.exec(text);
  if (found === null) return undefined;
  const hours = Number(found[2] ?? found[4]);
  const minutes = Number(found[3] ?? found[5]);
  if (hours > 23 || minutes > 59) return undefined;
  const two = (n: number): string => String(n).padStart(2, "0");
  return { found: found[1] ?? "", clock: `${two(hours)}:${two(minutes)}` };
}

/** YYYY-MM-DD; "none" when only a weekday or nothing stands there; undefined for what is no date. */
function dateIn(text: string, now: number): string | undefined {
  const rest = text.replace(/^\s*[a-z]{2,9}\.?(?=\s+\d|\s*$)/, "").trim();
  if (rest === "") return "none";
  const found = /^(\d{1,2})[\s/-]+(\d{1,2}|[a-z]{3,9})\.?(?:[\s/-]+(\d{4}))?$/.exec(rest);
  if (found === null) return undefined;
  const month = monthOf(found[2] ?? "");
  const day = Number(found[1]);
  if (month === undefined || day < 1 || day > 31) return undefined;
  const here = Number(toWallTime(new Date(now).toISOString()).slice(0, 4));
  const years = found[3] === undefined ? [here, here - 1, here + 1] : [Number(found[3])];
  const dates = years.map((year) => dateOf(year, month, day)).filter((date) => date !== undefined);
  return dates.sort((one, other) => distance(one, now) - distance(other, now))[0];
}

function distance(date: string, now: number): number {
  return Math.abs(Date.parse(`${date}T12:00:00Z`) - now);
}

function dateOf(year: number, month: number, day: number): string | undefined {
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() === month - 1 ? at.toISOString().slice(0, 10) : undefined;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DUTCH: Readonly<Record<string, string>> = { mrt: "mar", maa: "mar", mei: "may", okt: "oct" };

function monthOf(text: string): number | undefined {
  const month = Number(text);
  if (!Number.isNaN(month)) return month >= 1 && month <= 12 ? month : undefined;
  const start = text.slice(0, 3);
  const place = MONTHS.indexOf(DUTCH[start] ?? start);
  return place < 0 ? undefined : place + 1;
}

/** A time without a date: the one nearest to now, counting forward sooner than back. */
function nearestDay(clock: string, now: number): string {
  const today = toWallTime(new Date(now).toISOString()).slice(0, 10);
  const days = [-1, 0, 1].map((step) => {
    const date = new Date(Date.parse(`${today}T12:00:00Z`) + step * DAY).toISOString().slice(0, 10);
    return Date.parse(fromWallTime(`${date}T${clock}`));
  });
  const fitting = days.find((at) => at >= now - 8 * 60 * MINUTE) ?? now;
  return new Date(fitting).toISOString();
}
