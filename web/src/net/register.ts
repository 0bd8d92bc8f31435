/**
 * The service worker: keeps the shell of incidents that were opened, on devices that the person
 * calls their own, so that an incident can be opened again without a line.
 */
import type { Boot } from "../boot";
import type { ForgetShells, KeepShell } from "./worker-messages";

const SCRIPT = "/service-worker.js";

/** Registers the service worker and has it keep this incident's shell. Does nothing where it may
 * not: on somebody else's device, and where browsers do not allow it (plain http). */
export async function keepShell(boot: Boot, owner: string): Promise<void> {
  if (!boot.ownDevice || !isPossible()) return;
  await navigator.serviceWorker.register(SCRIPT);
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({
    kind: "keep-shell",
    incident: boot.incident.id,
    owner,
  } satisfies KeepShell);
}

/** Has it forget all shells, and goes on when it has, or after a moment. */
export async function forgetShells(): Promise<void> {
  if (!isPossible()) return;
  const registration = await navigator.serviceWorker.getRegistration(SCRIPT);
  if (!registration?.active) return;
  const { port1, port2 } = new MessageChannel();
  const done = new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    setTimeout(resolve, 2_000);
  });
  registration.active.postMessage({ kind: "forget-shells" } satisfies ForgetShells, [port2]);
  await done;
}

function isPossible(): boolean {
  return isSecureContext && "serviceWorker" in navigator;
}
