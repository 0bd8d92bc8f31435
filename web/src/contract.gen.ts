// Made by `python -m server.contract` from models/ and sync/. Do not edit.

export const MessageType = {
  SYNC: 0,
  AWARENESS: 1,
  AUTH: 2,
  QUERY_AWARENESS: 3,
  SYNC_REPLY: 4,
  STATELESS: 5,
  CLOSE: 7,
  SYNC_STATUS: 8,
  PING: 9,
  PONG: 10,
} as const;

export const SyncType = {
  STEP_1: 0,
  STEP_2: 1,
  UPDATE: 2,
} as const;

export const AuthType = {
  TOKEN: 0,
  PERMISSION_DENIED: 1,
  AUTHENTICATED: 2,
} as const;

export const CloseCode = {
  NORMAL: 1000,
  TOO_BIG: 1009,
  RESTART: 1012,
  INTERNAL: 1011,
  TRY_LATER: 1013,
  MALFORMED: 4400,
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  UNKNOWN_DOCUMENT: 4404,
  STALE_EPOCH: 4409,
  STORAGE: 4503,
} as const;

export const ROLES = ["observer", "liaison", "editor", "coordinator"] as const;
export type Role = (typeof ROLES)[number];

export const PHASES = ["cold", "tepid", "warm", "aftermath", "closed"] as const;
export type Phase = (typeof PHASES)[number];

export const ORGANISATION_KINDS = ["region", "national", "partner"] as const;
export type OrganisationKind = (typeof ORGANISATION_KINDS)[number];

export const TLPS = ["CLEAR", "GREEN", "AMBER", "RED"] as const;
export type Tlp = (typeof TLPS)[number];

export const ACTION_STATES = ["open", "busy", "done", "dropped"] as const;
export type ActionState = (typeof ACTION_STATES)[number];

export const PRIORITIES = ["low", "average", "high", "urgent"] as const;
export type Priority = (typeof PRIORITIES)[number];

export const THEMES = ["summary", "source", "effects", "victims", "accessibility", "vital", "communication", "impact", "forecast"] as const;
export type Theme = (typeof THEMES)[number];

export const REFUSALS = ["unauthenticated", "session-ended", "forbidden", "unknown-document", "stale-epoch", "read-only", "malformed", "too-large", "full", "too-many", "too-slow", "storage", "restart", "internal"] as const;
export type Refusal = (typeof REFUSALS)[number];

export const REFUSAL_MEANINGS = {
  "unauthenticated": { close: 4401, retry: false },
  "session-ended": { close: 4401, retry: false },
  "forbidden": { close: 4403, retry: false },
  "unknown-document": { close: 4404, retry: false },
  "stale-epoch": { close: 4409, retry: false },
  "read-only": { close: 4403, retry: false },
  "malformed": { close: 4400, retry: false },
  "too-large": { close: 1009, retry: false },
  "full": { close: 1009, retry: false },
  "too-many": { close: 1013, retry: true },
  "too-slow": { close: 1013, retry: true },
  "storage": { close: 4503, retry: true },
  "restart": { close: 1012, retry: true },
  "internal": { close: 1011, retry: true },
} as const;

export const DOCUMENTS = {
  "picture": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
  "picture/<org>": { channel: "shared", audience: "organisation", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
  "signals": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["liaison", "editor", "coordinator"] },
  "map": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
  "decisions": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
  "actions": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
  "ledger": { channel: "commands", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: [] },
  "scratch/<name>": { channel: "shared", audience: "incident", readers: ["observer", "liaison", "editor", "coordinator"], writers: ["editor", "coordinator"] },
} as const;
