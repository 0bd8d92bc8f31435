// The clock of the second row: 03:17:22, vr 16 jul. Digits change in place, nothing moves.
import { html, render } from "lit";
import { formatClock, formatDate } from "./words";

/** Shows the time of Europe/Amsterdam in `host`; returns what stops it. */
export function mountClock(host: HTMLElement, now: () => Date = () => new Date()): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  host.replaceChildren();
  const tick = (): void => {
    const moment = now();
    const [hours, minutes, seconds] = formatClock(moment).split(":");
    render(
      html`<time class="clock" datetime=${moment.toISOString()}
        ><b>${hours}:${minutes}</b><span class="clock-seconds">:${seconds}</span>
        <span class="clock-date">${formatDate(moment)}</span></time
      >`,
      host,
    );
    timer = setTimeout(tick, 1000 - (moment.getTime() % 1000));
  };
  tick();
  return () => clearTimeout(timer);
}
