/**
 * What the server says beside the documents (`sync/notices.py`), and whether it took a change.
 */
import { createDecoder, readVarInt, readVarString, readVarUint } from "lib0/decoding";
import { MessageType } from "../contract.gen";
import { toldAs } from "../net/line-states";
import type { RescueReason } from "../net/rescue";
import { type MarkRow, marksIn } from "./marks";

export type Notice =
  | { kind: "marks"; marks: MarkRow[] }
  | { kind: "refused"; reason: string; retry: boolean }
  | { kind: "unavailable" }
  | { kind: "moving"; comeBackIn: number | undefined }
  | { kind: "incident-changed" }
  | { kind: "session-ended" };

/** The notice in a stateless message; undefined for one that this version does not know. */
export function parseNotice(payload: string): Notice | undefined {
  const told = parsed(payload);
  switch (told.kind) {
    case "marks":
      return { kind: "marks", marks: marksIn(told.marks) };
    case "refused":
      return { kind: "refused", reason: String(told.reason), retry: told.retry === true };
    case "moving":
      return { kind: "moving", comeBackIn: toldAs(told.seconds) };
    case "unavailable":
    case "incident-changed":
    case "session-ended":
      return { kind: told.kind };
    default:
      return undefined;
  }
}

function parsed(payload: string): Record<string, unknown> {
  try {
    const told: unknown = JSON.parse(payload);
    return typeof told === "object" && told !== null ? (told as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

const REFUSALS: readonly string[] = [
  "stale-epoch",
  "read-only",
  "forbidden",
  "unknown-document",
  "malformed",
  "too-large",
  "full",
] satisfies RescueReason[];

/** A refusal that the text has to be put aside for; undefined when it is tried again by itself. */
export function rescueReasonOf(reason: string): RescueReason | undefined {
  return REFUSALS.includes(reason) ? (reason as RescueReason) : undefined;
}

/** Whether this frame of the dialect says that a change was not taken. */
export function saysNotTaken(frame: ArrayBuffer): boolean {
  const decoder = createDecoder(new Uint8Array(frame));
  readVarString(decoder);
  return readVarUint(decoder) === MessageType.SYNC_STATUS && readVarInt(decoder) === 0;
}
