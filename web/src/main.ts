// The page comes to life: its frame first, then what it shows.
import { isWorkspace, readBoot } from "./boot";
import { mountLine } from "./net/mount";
import { mountSignOut } from "./net/sign-out";
import { mountIncidents } from "./pages/incidents";
import { mountSignIn } from "./pages/sign-in";
import { mountChrome } from "./ui/chrome";
import { say } from "./ui/toast";
import { t } from "./ui/words";
import { mountWorkspace } from "./workspace";

const QUIET_MS = 10_000;
let lastTold = Number.NEGATIVE_INFINITY;

/** Something of ours broke: say so once, honestly, and leave the details in the console. */
function tellMistake(error: unknown): void {
  console.error("unexpected:", error);
  if (performance.now() - lastTold < QUIET_MS) return;
  lastTold = performance.now();
  say(
    t(
      "Something went wrong on this page. What you wrote is kept; if anything looks odd, load the page again.",
    ),
  );
}

/** Browsers report this when an observer needs a second frame; nothing is wrong then. */
const HARMLESS = /ResizeObserver loop/;

window.addEventListener("error", (event) => {
  if (!HARMLESS.test(event.message)) tellMistake(event.error ?? event.message);
});
window.addEventListener("unhandledrejection", (event) => tellMistake(event.reason));

const boot = readBoot();
mountChrome();
if (boot.page === "sign-in") mountSignIn();
if (boot.page === "incidents") mountIncidents();
if (isWorkspace(boot)) {
  const docs = mountWorkspace(boot);
  mountLine(docs);
  Object.defineProperty(window, "__samenbeeld", {
    value: Object.freeze({ docs, status: docs.status }),
  });
} else {
  mountSignOut();
}
