/**
 * What the status word, the banner and the sign-out need of an incident's documents.
 */
import type { Boot } from "../boot";
import type { RescueCopy } from "./rescue";
import type { Rescues } from "./rescues";
import type { StatusSource } from "./status";
import type { OfflineStore } from "./store";

export interface Work {
  readonly boot: Boot;
  readonly status: StatusSource;
  readonly rescues: Rescues;
  readonly store: OfflineStore;
  /** Tries the line again after somebody signed in again. */
  resume(): void;
  /** A document began anew under another address. */
  onMoved(listener: () => void): () => void;
  /** What is unsent now, as copies to read and keep. */
  copiesOfUnsent(): RescueCopy[];
  /** Whether everything is on the server: as soon as it is, or after `ms`. */
  settled(ms: number): Promise<boolean>;
}
