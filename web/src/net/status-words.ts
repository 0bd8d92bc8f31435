/**
 * The status in words: one fixed word, and beside it what a person wants to know next.
 */
import type { IconName } from "../ui/icons";
import { formatClock, formatMoment, formatTime, t, tn } from "../ui/words";
import type { ReadOnlyReason, Reason, Status, Word } from "./status";

export const STATUS_ICONS: Record<Word, IconName> = {
  saved: "check",
  saving: "arrow-up",
  connecting: "loader",
  offline: "cloud-off",
  "read-only": "eye",
};

/** More keystrokes than this are a text that waits: their number says nothing any more. */
export const COUNTED = 20;

export function wordOf({ word, waiting }: Status): string {
  switch (word) {
    case "saved":
      return t("saved");
    case "saving":
      return waiting > COUNTED ? t("saving") : t("saving {n}", { n: waiting });
    case "connecting":
      return t("connecting");
    case "offline":
      return t("offline");
    case "read-only":
      return t("read-only");
    default:
      return word satisfies never;
  }
}

/** What stands behind the word; nothing is said twice. */
export function detailOf(status: Status, now: Date): string {
  const { word, waiting, since, at } = status;
  switch (word) {
    case "saved":
      return at === undefined ? "" : formatClock(at);
    case "saving":
      return "";
    case "connecting":
      return waiting > 0 ? waitingDetail(waiting) : "";
    case "offline":
      return offlineDetail(waiting, since, now);
    case "read-only":
      return at === undefined ? "" : formatTime(at);
    default:
      return word satisfies never;
  }
}

function waitingDetail(waiting: number): string {
  if (waiting > COUNTED) return t("your text waits");
  return tn("{n} waiting", "{n} waiting", waiting);
}

function offlineDetail(waiting: number, since: Date | undefined, now: Date): string {
  const time = since === undefined ? "" : formatMoment(since, now);
  if (waiting === 0) return t("since {time}", { time });
  if (waiting > COUNTED) return t("your text waits since {time}", { time });
  return tn("{n} waiting since {time}", "{n} waiting since {time}", waiting, { time });
}

/** The whole status as a sentence, for a title and for who hears the page. */
export function sentenceOf(status: Status, now: Date): string {
  const said = [wordOf(status), detailOf(status, now)].filter((part) => part !== "").join(" ");
  const why = status.reason === undefined ? "" : whyOf(status.reason);
  const where = status.windowOnly ? t("Kept in this window only.") : "";
  return [said, why, where].filter((part) => part !== "").join(". ");
}

const READ_ONLY: Record<ReadOnlyReason, () => string> = {
  observer: () => t("You are observing this incident"),
  liaison: () => t("As a liaison you read the picture"),
  closed: () => t("This incident is closed"),
  withdrawn: () => t("You may read here, not write"),
};

/** Why the status is what it is, without a full stop. */
export function whyOf(reason: Reason): string {
  switch (reason) {
    case "observer":
    case "liaison":
    case "closed":
    case "withdrawn":
      return READ_ONLY[reason]();
    case "unreachable":
    case "asked":
      return t("The server cannot be reached");
    case "silent":
      return t("The server is not heard any more");
    case "stuck":
      return t("The server does not confirm");
    case "restart":
    case "moving":
      return t("The server restarts");
    case "busy":
      return t("The server is too busy");
    case "storage":
      return t("The server cannot store at the moment");
    case "refused-content":
      return t("The server refused a change");
    case "session-ended":
      return t("Your session has ended");
    case "other-person":
      return t("This browser is signed in as somebody else");
    case "forbidden":
      return t("You may no longer open this incident");
    default:
      return reason satisfies never;
  }
}
