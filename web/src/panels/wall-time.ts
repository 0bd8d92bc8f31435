// Times that people type are times of Europe/Amsterdam, whatever the device's own zone is.

const ZONE = "Europe/Amsterdam";
const PARTS = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

/** A moment as an `<input type="datetime-local">` holds it; "" for none. */
export function toWallTime(iso: string): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? "" : wallTime(at);
}

function wallTime(at: number): string {
  const parts = new Map(PARTS.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

/** The moment that a wall time means, in ISO; "" for none. In the hour that comes twice in autumn
 *  the first is meant, in the one that spring skips the hour after it. */
export function fromWallTime(local: string): string {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return "";
  const candidates = [2, 1].map((hours) => asUtc - hours * 3_600_000);
  const exact = candidates.find((at) => wallTime(at) === local.slice(0, 16));
  return new Date(exact ?? asUtc - 3_600_000).toISOString();
}
