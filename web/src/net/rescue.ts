/**
 * The rescue copy: when the server will not take what somebody wrote, the text is put aside where
 * its writer can read, copy and download it. Nothing that was written is ever dropped silently.
 */
import { toBase64 } from "lib0/buffer";
import * as Y from "yjs";
import type { Boot } from "../boot";
import type { Refusal } from "../contract.gen";
import { formatMoment, t } from "../ui/words";
import { type Difference, differences, piecesOf } from "./readable";
import { ownerOf, type Shelf, type Waiting } from "./store";
import { documentOf, type Unsent } from "./unsent";

/** The server's refusals that mean: this text will not be taken. The others are tried again by
 * themselves. `withdrawn` is our own: the document is not among those of this person any more. */
export type RescueReason =
  | Extract<
      Refusal,
      | "stale-epoch"
      | "read-only"
      | "forbidden"
      | "unknown-document"
      | "malformed"
      | "too-large"
      | "full"
    >
  | "withdrawn";

/** Why there is a copy: it will not be taken, or it only waits and somebody wants to leave. */
export type CopyReason = RescueReason | "unsent";

export interface RescueCopy {
  id: string;
  /** Whose text it is; nobody else is shown it. */
  owner: string;
  person: string;
  organisation: string;
  incident: { id: string; title: string };
  document: string;
  epoch: number;
  reason: CopyReason;
  /** When it was put aside, and since when it had been waiting (ISO). */
  at: string;
  since: string;
  changes: number;
  differences: Difference[];
  /** The edits as a Yjs update, for whoever wants to merge them by hand. */
  update: string;
}

/** What the page knows of itself when a copy is made. */
export interface RescueFrame {
  boot: Boot;
  shelf: Shelf;
  reason: CopyReason;
  now: Date;
}

/** The copy of what is unsent, or undefined when nothing is. */
export function rescueCopy(unsent: Unsent, frame: RescueFrame): RescueCopy | undefined {
  const [server, own] = [unsent.serversDocument(), unsent.ownDocument()];
  try {
    const titleOf = titlesOf(frame.boot);
    const found = differences(piecesOf(server, titleOf), piecesOf(own, titleOf));
    if (found.length === 0 && unsent.waiting === undefined) return undefined;
    const update = Y.encodeStateAsUpdate(own, Y.encodeStateVector(server));
    return assemble(frame, found, toBase64(update), unsent.waiting);
  } finally {
    server.destroy();
    own.destroy();
  }
}

/** The copy of what the server had confirmed and `fresh`, the document that it has now, lacks; or
 * undefined when that is nothing. A document that began anew shares no history with the former
 * one: they are compared as they read, and the update is the whole former document. */
export function lostCopy(unsent: Unsent, fresh: Y.Doc, frame: RescueFrame): RescueCopy | undefined {
  const [former, now] = [unsent.serversDocument(), documentOf([Y.encodeStateAsUpdate(fresh)])];
  try {
    const titleOf = titlesOf(frame.boot);
    const found = differences(piecesOf(now, titleOf), piecesOf(former, titleOf));
    const lost = found.filter(({ after }) => after !== "");
    if (lost.length === 0) return undefined;
    return assemble(frame, lost, toBase64(Y.encodeStateAsUpdate(former)));
  } finally {
    former.destroy();
    now.destroy();
  }
}

function titlesOf(boot: Boot): (theme: string) => string {
  const themes = new Map(boot.incident.themes.map((theme) => [theme.id, theme.title]));
  return (theme) => themes.get(theme) ?? theme;
}

function assemble(
  { boot, shelf, reason, now }: RescueFrame,
  found: Difference[],
  update: string,
  waiting?: Waiting,
): RescueCopy {
  const { id, title } = boot.incident;
  return {
    id: crypto.randomUUID(),
    owner: ownerOf(boot.person.id, boot.person.organisation),
    person: boot.person.name,
    organisation: boot.person.organisation,
    incident: { id, title },
    document: shelf.document,
    epoch: shelf.epoch,
    reason,
    at: now.toISOString(),
    since: (waiting?.since ?? now).toISOString(),
    changes: waiting?.count ?? found.length,
    differences: found,
    update,
  };
}

/** Why it could not be sent, for the person who wrote it. */
export function reasonOf(reason: CopyReason): string {
  switch (reason) {
    case "unsent":
      return t("Not sent yet.");
    case "stale-epoch":
      return t("This document was restored on the server.");
    case "read-only":
      return t("You may read here, not write.");
    case "forbidden":
    case "withdrawn":
      return t("You may no longer open this document.");
    case "unknown-document":
      return t("This document does not exist any more.");
    case "malformed":
      return t("The server could not read this change.");
    case "too-large":
      return t("This change was too large to send at once.");
    case "full":
      return t("This document is full. Remove what is no longer needed, then try again.");
    default:
      return reason satisfies never;
  }
}

/** `Bron en waterstanden`, `Besluiten › Evacueren › onderbouwing`. */
export function placeOf({ where }: Difference): string {
  const [first = "", ...rest] = where;
  return [LISTS[first]?.() ?? first, ...rest.map((part) => FIELDS[part]?.() ?? part)].join(" › ");
}

const LISTS: Record<string, () => string> = {
  facts: () => t("Key facts"),
  rows: () => t("Rows"),
  text: () => t("Text"),
};

const FIELDS: Record<string, () => string> = {
  title: () => t("title"),
  text: () => t("text"),
  grounds: () => t("grounds"),
  what: () => t("what"),
  team: () => t("team"),
  org: () => t("organisation"),
  due: () => t("due"),
  at: () => t("time"),
  source: () => t("source"),
  state: () => t("state"),
  priority: () => t("priority"),
  decision: () => t("decision"),
  theme: () => t("theme"),
  label: () => t("label"),
  value: () => t("value"),
  unit: () => t("unit"),
};

/** The copy as a text to read, copy and keep. */
export function asText(copy: RescueCopy): string {
  const head = [
    t("Text of {person} ({organisation}) that could not be sent", {
      person: copy.person,
      organisation: copy.organisation,
    }),
    `${copy.incident.title} (${copy.incident.id}/${copy.document})`,
    t("Written since {since}, put aside at {at}", {
      since: formatMoment(new Date(copy.since)),
      at: formatMoment(new Date(copy.at)),
    }),
    reasonOf(copy.reason),
  ];
  return [head.join("\n"), ...copy.differences.map(partAsText)].join("\n\n");
}

function partAsText(part: Difference): string {
  const lines = [`== ${placeOf(part)}`];
  if (part.before !== "") lines.push(`${t("On the server:")}`, part.before);
  lines.push(`${t("Your text:")}`, part.after === "" ? t("(removed)") : part.after);
  return lines.join("\n");
}

/** The same with the update, as a file that a program can read. */
export function asJson(copy: RescueCopy): string {
  return `${JSON.stringify(copy, null, 2)}\n`;
}

/** `samenbeeld-limburg-2021-picture-20211215T0317.txt`. */
export function fileName(copy: RescueCopy, extension: "txt" | "json"): string {
  const moment = copy.at.replace(/[-:]/g, "").slice(0, 13);
  const document = copy.document.replaceAll("/", "-");
  return `samenbeeld-${copy.incident.id}-${document}-${moment}.${extension}`;
}
