/**
 * Without a line an incident that was opened before can be opened again: this worker keeps the
 * page's shell and the built files, never any contents. What people wrote lives in the offline
 * store, which the page itself reads.
 */
import type { WorkerMessage } from "./net/worker-messages";
import { nl } from "./ui/words.gen";

declare const self: ServiceWorkerGlobalScope;

const ASSETS = "assets-";
const CURRENT = `${ASSETS}${__BUILD__}`;
const SHELLS = "shells";
/** Where the owner of the shells is noted, beside them. */
const OWNER = "/shells/owner";
/** A server that says nothing for this long is away; the shell is there at once. */
const PATIENCE = 4_000;
/** A proxy that answers for a server that is not there. */
const AWAY: readonly number[] = [502, 503, 504];

self.addEventListener("install", (event) => {
  event.waitUntil(keepAssets().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldAssets().then(() => self.clients.claim()));
  // shells of an older build name older files; without a line they stay as they are
  event.waitUntil(refreshShells());
});

self.addEventListener("message", (event) => {
  const message = event.data as WorkerMessage;
  const [port] = event.ports;
  event.waitUntil(obey(message).then(() => port?.postMessage("done")));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(openFile(request));
});

async function obey(message: WorkerMessage): Promise<void> {
  switch (message.kind) {
    case "keep-shell":
      await belongTo(message.owner);
      await keepShell(`/incidents/${message.incident}/shell`);
      return;
    case "forget-shells":
      await caches.delete(SHELLS);
      return;
    default:
      message satisfies never;
  }
}

// --- files -----------------------------------------------------------------------------------

async function keepAssets(): Promise<void> {
  const cache = await caches.open(CURRENT);
  await cache.addAll([...__ASSETS__]);
}

/** The build before this one stays: pages that are open may still ask for its files, and shells
 * name them. */
async function dropOldAssets(): Promise<void> {
  const builds = (await caches.keys()).filter((name) => name.startsWith(ASSETS));
  const before = builds.filter((name) => name !== CURRENT);
  await Promise.all(before.slice(0, -1).map((name) => caches.delete(name)));
}

/** A file's name changes with its content, so a kept one is the right one. */
async function openFile(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

// --- shells ----------------------------------------------------------------------------------

/** Shells of another person are not kept beside those of this one. */
async function belongTo(owner: string): Promise<void> {
  const noted = await (await caches.open(SHELLS)).match(OWNER);
  if (noted !== undefined && (await noted.text()) !== owner) await caches.delete(SHELLS);
  await (await caches.open(SHELLS)).put(OWNER, new Response(owner));
}

/** Keeps the shell as it is now; one that may not be opened any more is not kept either. */
async function keepShell(address: string): Promise<void> {
  const shell = await fetch(address, { credentials: "same-origin", cache: "no-store" });
  const cache = await caches.open(SHELLS);
  if (shell.ok && !shell.redirected) await cache.put(address, shell);
  else if ([403, 404].includes(shell.status)) await cache.delete(address);
}

async function refreshShells(): Promise<void> {
  const cache = await caches.open(SHELLS);
  const addresses = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  const shells = addresses.filter((address) => address !== OWNER);
  await Promise.allSettled(shells.map(keepShell));
}

// --- pages -----------------------------------------------------------------------------------

async function openPage(request: Request, pathname: string): Promise<Response> {
  const shell = await shellOf(pathname);
  const page = fetch(request);
  if (shell === undefined) return page.catch(() => offlinePage());
  return Promise.race([page.then((answer) => present(answer, shell)), late(shell)]).catch(
    () => shell,
  );
}

async function shellOf(pathname: string): Promise<Response | undefined> {
  const found = /^\/incidents\/([^/]+)\/?$/.exec(pathname);
  if (found === null) return undefined;
  return (await caches.open(SHELLS)).match(`/incidents/${found[1]}/shell`);
}

function present(answer: Response, shell: Response): Response {
  return AWAY.includes(answer.status) ? shell : answer;
}

function late(shell: Response): Promise<Response> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(shell), PATIENCE);
  });
}

/** Where nothing was kept: one quiet page, in both languages. */
function offlinePage(): Response {
  const style = __ASSETS__.find((file) => /\/app\.[A-Z0-9]+\.css$/.test(file)) ?? "";
  const texts = [
    msg("You are offline."),
    msg(
      "This page needs a connection. Incidents that you opened before on this device open without one.",
    ),
  ];
  const body = `<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Samenbeeld</title><link rel="stylesheet" href="${style}"></head>
<body><main class="error-page">
<h1>${texts[0]?.dutch}</h1><p>${texts[1]?.dutch}</p>
<div lang="en"><h2>${texts[0]?.english}</h2><p>${texts[1]?.english}</p></div>
</main></body></html>`;
  return new Response(body, {
    status: 503,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'self'; font-src 'self'",
    },
  });
}

function msg(english: string): { dutch: string; english: string } {
  const dutch = nl[english];
  return { dutch: typeof dutch === "string" ? dutch : english, english };
}
