/**
 * What the banner says: at most one thing about the line, and whether texts are kept apart. Each
 * says what happened, what is kept, and what to do.
 */
import type { IconName } from "../ui/icons";
import { formatMoment, t, tn } from "../ui/words";
import type { Status } from "./status";
import { COUNTED, whyOf } from "./status-words";
import type { StoreTrouble } from "./store";
import type { IncidentChange } from "./work";

export type BannerAction = "sign-in" | "resume" | "copy" | "rescues" | "understood";

export interface Banner {
  tone: "time" | "truth" | "plain";
  icon: IconName;
  title: string;
  text: string;
  actions: readonly BannerAction[];
  /** Read out at once, not when the screen reader has time. */
  urgent: boolean;
}

export interface BannerInputs {
  status: Status;
  /** Whose page this is. */
  name: string;
  trouble: StoreTrouble | undefined;
  rescued: number;
  /** What others changed in the incident. */
  change: IncidentChange | undefined;
}

export function bannersOf(inputs: BannerInputs): Banner[] {
  const banners = [
    lineBanner(inputs) ?? storeBanner(inputs),
    changeBanner(inputs.change),
    rescueBanner(inputs.rescued),
  ];
  return banners.filter((banner) => banner !== undefined);
}

function lineBanner({ status, name }: BannerInputs): Banner | undefined {
  const { word, reason } = status;
  if (reason === "session-ended") return sessionEnded(status);
  if (reason === "other-person") return otherPerson(status, name);
  if (reason === "forbidden") return forbidden(status);
  if (word === "offline") return offline(status);
  if (reason === "storage") {
    const text = t("Your text is kept here and sent again by itself.");
    return plainly("time", "triangle-alert", `${whyOf(reason)}.`, text);
  }
  if (reason === "moving") {
    const text = t("The page comes back by itself; you can go on writing.");
    return plainly("plain", "refresh", `${whyOf(reason)}.`, text);
  }
  return undefined;
}

function plainly(
  tone: Banner["tone"],
  icon: IconName,
  title: string,
  text: string,
  actions: readonly BannerAction[] = [],
): Banner {
  return { tone, icon, title, text, actions, urgent: tone !== "plain" };
}

function sessionEnded(status: Status): Banner {
  const text = [
    keptText(status),
    t("Sign in again in another tab; then this page goes on where it was."),
  ];
  const actions = ["sign-in", "resume", ...copyIfWaiting(status)] as const;
  return plainly("truth", "log-out", t("Your session has ended."), text.join(" "), actions);
}

function otherPerson(status: Status, name: string): Banner {
  const text = [
    keptText(status),
    t("Nothing is sent under another name: sign in again as {name}.", { name }),
  ];
  const actions = ["sign-in", "resume", ...copyIfWaiting(status)] as const;
  const title = t("This browser is now signed in as somebody else.");
  return plainly("truth", "users", title, text.join(" "), actions);
}

function forbidden(status: Status): Banner {
  const text = [keptText(status), t("Ask the coordinator of the incident.")];
  const title = t("You may no longer open this incident.");
  return plainly("truth", "lock", title, text.join(" "), copyIfWaiting(status));
}

function offline(status: Status): Banner {
  const { waiting, since, reason } = status;
  const why = reason === undefined ? "" : `${whyOf(reason)}.`;
  const time = since === undefined ? "" : formatMoment(since);
  const shown = t("You see what was known at {time}.", { time });
  const text = [why, waiting > 0 ? waitingText(status) : shown].filter((part) => part !== "");
  return plainly("time", "cloud-off", t("You are offline."), text.join(" "));
}

function waitingText({ waiting, windowOnly }: Status): string {
  const many = t(
    "You can go on writing: your text waits and is sent as soon as there is a connection.",
  );
  const few = tn(
    "You can go on writing: {n} change waits and is sent as soon as there is a connection.",
    "You can go on writing: {n} changes wait and are sent as soon as there is a connection.",
    waiting,
  );
  const sent = waiting > COUNTED ? many : few;
  return windowOnly ? `${sent} ${t("They are kept in this window only: leave it open.")}` : sent;
}

function keptText({ waiting, windowOnly }: Status): string {
  if (waiting === 0) return t("Everything you wrote is saved.");
  const few = tn(
    "{n} change is not sent yet and is kept here.",
    "{n} changes are not sent yet and are kept here.",
    waiting,
  );
  const kept = waiting > COUNTED ? t("Your text is not sent yet and is kept here.") : few;
  return windowOnly ? `${kept} ${t("Leave this window open.")}` : kept;
}

function copyIfWaiting({ waiting }: Status): readonly BannerAction[] {
  return waiting > 0 ? ["copy"] : [];
}

function storeBanner({ trouble }: BannerInputs): Banner | undefined {
  if (trouble === undefined) return undefined;
  const title = t("This browser keeps no copy on this device.");
  const full = t("Its storage is full. Without a connection your text is in this window only.");
  const other = t("Without a connection your text is in this window only.");
  return plainly("plain", "triangle-alert", title, trouble === "full" ? full : other);
}

function changeBanner(change: IncidentChange | undefined): Banner | undefined {
  if (change === undefined) return undefined;
  const { title, text } = changeWords(change);
  return plainly("time", change === "closed" ? "lock" : "info", title, text, ["understood"]);
}

function changeWords(change: IncidentChange): { title: string; text: string } {
  const title = t("Your role in this incident was changed.");
  switch (change) {
    case "closed":
      return { title: t("The incident is closed."), text: t("You can read.") };
    case "reopened":
      return { title: t("The incident is open again."), text: "" };
    case "observer":
      return { title, text: t("You now observe: you can read, not write.") };
    case "liaison":
      return { title, text: t("You are now a liaison: you read the picture.") };
    case "editor":
      return { title, text: t("You can now write along.") };
    case "coordinator":
      return { title, text: t("You now manage it: load the page again for its settings.") };
    default:
      return change satisfies never;
  }
}

function rescueBanner(rescued: number): Banner | undefined {
  if (rescued === 0) return undefined;
  const text = tn(
    "{n} text could not be sent and stands apart: read it, copy it, keep it.",
    "{n} texts could not be sent and stand apart: read them, copy them, keep them.",
    rescued,
  );
  return plainly("time", "life-buoy", t("Your text is kept."), text, ["rescues"]);
}
