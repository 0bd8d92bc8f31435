/**
 * What a page tells the service worker.
 */

/** Keep the shell of an incident that was opened. */
export interface KeepShell {
  kind: "keep-shell";
  incident: string;
  /** Whose page it is: nobody else is shown it. */
  owner: string;
}

/** Somebody signs out. Answered, when a port came along, once it is done. */
export interface ForgetShells {
  kind: "forget-shells";
}

export type WorkerMessage = KeepShell | ForgetShells;
