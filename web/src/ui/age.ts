// How old something is against its rhythm: a ring that fills, amber from 85 %, a solid amber disc
// past 100 %. The number always stands beside it.
import { html, svg, type TemplateResult } from "lit";
import { formatAge, formatSpan, spokenAge, t } from "./words";

export type Freshness = "fresh" | "near" | "late";

const NEAR = 0.85;

export function freshness(ms: number, rhythmMinutes: number): Freshness {
  const part = ms / (rhythmMinutes * 60_000);
  if (part > 1) return "late";
  return part >= NEAR ? "near" : "fresh";
}

export function ageMark(ms: number, rhythmMinutes: number): TemplateResult {
  const state = freshness(ms, rhythmMinutes);
  const rhythm = t("rhythm {span}", { span: formatSpan(rhythmMinutes) });
  return html`<span class="age" data-age=${state}>
    ${state === "late" ? disc() : ring(ms / (rhythmMinutes * 60_000))}
    <span aria-hidden="true">${formatAge(ms)}</span
    ><span class="sr-only">${spokenAge(ms)}, ${rhythm}</span>
  </span>`;
}

function ring(part: number): TemplateResult {
  const filled = `${Math.round(Math.min(1, Math.max(0, part)) * 100)} 100`;
  return html`<svg class="ring" viewBox="0 0 16 16" aria-hidden="true">
    ${svg`<circle class="ring-base" cx="8" cy="8" r="5.5"/>
    <circle class="ring-fill" cx="8" cy="8" r="5.5" pathLength="100" stroke-dasharray=${filled}
      transform="rotate(-90 8 8)"/>`}
  </svg>`;
}

function disc(): TemplateResult {
  return html`<svg class="ring" viewBox="0 0 16 16" aria-hidden="true">
    ${svg`<circle class="ring-disc" cx="8" cy="8" r="7"/>
    <path class="ring-sign" d="M8 4.4v4.2M8 11.5v.1"/>`}
  </svg>`;
}
