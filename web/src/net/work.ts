/**
 * What the status word, the banner and the sign-out need of an incident's documents.
 */
import type { Boot, Role } from "../boot";
import type { RescueCopy } from "./rescue";
import type { Rescues } from "./rescues";
import type { StatusSource } from "./status";
import type { OfflineStore } from "./store";

/** What became different for this person: the role is the one they have now. */
export type IncidentChange = "closed" | "reopened" | Role;

export interface Work {
  readonly boot: Boot;
  readonly status: StatusSource;
  readonly rescues: Rescues;
  readonly store: OfflineStore;
  /** What others changed in the incident that this person was not told yet. */
  readonly change: IncidentChange | undefined;
  /** The incident was changed: the page as the server makes it now. */
  onPage(listener: (page: ParentNode) => void): () => void;
  /** They were told. */
  understood(): void;
  /** Tries the line again after somebody signed in again. */
  resume(): void;
  /** A document began anew under another address. */
  onMoved(listener: () => void): () => void;
  /** What is unsent now, as copies to read and keep. */
  copiesOfUnsent(): RescueCopy[];
  /** Whether everything is on the server: as soon as it is, or after `ms`. */
  settled(ms: number): Promise<boolean>;
}
