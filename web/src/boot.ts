/**
 * What the server hands to the scripts: one JSON block in the page, and nothing else.
 * The names are those of the server (`server/views.py`).
 */

import type { OrganisationKind, Phase, Role } from "./contract.gen";
import type { Locale } from "./ui/words";

export type { Locale, OrganisationKind, Phase, Role };

export interface BootPerson {
  id: string;
  name: string;
  function: string;
  organisation: string;
}

export interface BootTheme {
  id: string;
  title: string;
}

export interface BootIncident {
  id: string;
  title: string;
  phase: Phase;
  exercise: boolean;
  tlp: string;
  /** Minutes in which the picture should be renewed. */
  rhythm: number;
  themes: BootTheme[];
}

export interface BootOrganisation {
  code: string;
  name: string;
  kind: OrganisationKind;
  takesPart: boolean;
  role: Role | null;
  grip: number | null;
}

/** A document that this person may read; `name` is its address on the live line. */
export interface BootDocument {
  name: string;
  document: string;
  mayWrite: boolean;
}

/** The page on which people write together. */
export interface Boot {
  page: "workspace";
  locale: Locale;
  version: string;
  person: BootPerson;
  /** The person called this device their own at sign-in: edits may be kept on it. */
  ownDevice: boolean;
  incident: BootIncident;
  role: Role;
  organisations: BootOrganisation[];
  documents: BootDocument[];
  /** Where the live line is, as a path of this server. */
  collab: string;
}

/** Every other page. */
export interface PageBoot {
  page: string;
  locale: Locale;
  ownDevice?: boolean;
}

export function isWorkspace(boot: Boot | PageBoot): boot is Boot {
  return boot.page === "workspace";
}

/** The boot block of this page. Throws when it is missing or is not what this version expects. */
export function readBoot(root: ParentNode = document): Boot | PageBoot {
  const block = root.querySelector("script#boot");
  if (block === null) throw new Error("the page has no boot block");
  return parseBoot(block.textContent ?? "");
}

export function parseBoot(text: string): Boot | PageBoot {
  const boot: unknown = JSON.parse(text);
  if (!isRecord(boot) || typeof boot.page !== "string") {
    throw new Error("the boot block names no page");
  }
  const missing = boot.page === "workspace" ? missingIn(boot) : [];
  if (missing.length > 0) throw new Error(`the boot block lacks ${missing.join(", ")}`);
  return boot as unknown as Boot | PageBoot;
}

/** Enough to notice a page of another version; the server's own tests hold the whole shape. */
function missingIn(boot: Record<string, unknown>): string[] {
  const lists = ["organisations", "documents"].filter((name) => !Array.isArray(boot[name]));
  const records = ["person", "incident"].filter((name) => !isRecord(boot[name]));
  const texts = ["role", "collab", "locale"].filter((name) => typeof boot[name] !== "string");
  return [...lists, ...records, ...texts];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
