// One theme on the screen: its title, its key facts, its text, and who wrote there in the last hour.
import { html, nothing, render, type TemplateResult } from "lit";
import type { EditorView } from "prosemirror-view";
import type { Awareness } from "y-protocols/awareness";
import { blocksOf } from "../docs/attribution";
import type { fragment } from "../docs/picture";
import type { SharedDocument } from "../docs/shared";
import type { AuthorSource } from "../editor/gutter";
import { askLink } from "../editor/link-dialog";
import { canDraw, ThemeEditor } from "../editor/theme-editor";
import type { TextUndo } from "../editor/undo";
import { FactsTable } from "../panels/facts";
import { newestInTheme } from "../panels/themes";
import { ageMark } from "../ui/age";
import { formatDate, formatMoment, formatSpan, formatTime, t, tn } from "../ui/words";
import { writes } from "../view/place";
import type { Room } from "../view/room";

const HOUR_MS = 3_600_000;
const TICK_MS = 15_000;
const PAUSE_MS = 250;

export interface PictureOptions {
  /** Hears of every change of the editor's state; undefined when there is none. */
  readonly onState: (view: EditorView | undefined) => void;
  /** Puts the focus outside the text. */
  readonly leave: () => void;
}

export interface OpenThemeParts extends PictureOptions {
  readonly room: Room;
  readonly shared: SharedDocument;
  readonly theme: string;
  readonly text: ReturnType<typeof fragment>;
  readonly undo: TextUndo;
}

export class OpenTheme {
  editor: ThemeEditor | undefined;
  readonly facts: FactsTable;
  readonly #parts: OpenThemeParts;
  readonly #article: HTMLElement;
  readonly #head: HTMLElement;
  readonly #foot: HTMLElement;
  readonly #note: HTMLElement;
  readonly #prose: HTMLElement;
  readonly #stop: (() => void)[] = [];
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, parts: OpenThemeParts) {
    this.#parts = parts;
    this.#head = element("header", "picture-head");
    this.#foot = element("footer", "picture-foot");
    this.facts = new FactsTable(parts.room, parts.shared, parts.shared.document);
    this.facts.theme = parts.theme;
    const prose = element("div", "prose");
    prose.dataset.writes = writes(parts.shared.document, "text", { theme: parts.theme });
    this.#article = element("article", "picture");
    this.#note = element("div", "picture-note");
    this.#article.append(this.#head, this.facts, this.#note, prose, this.#foot);
    this.#renderAround();
    host.replaceChildren(this.#article);
    this.#prose = prose;
    this.#begin();
    this.#listen();
  }

  shows(shared: SharedDocument, theme: string): boolean {
    return this.of(shared) && this.#parts.theme === theme;
  }

  of(shared: SharedDocument): boolean {
    return this.#parts.shared === shared && this.#parts.text.doc === shared.doc;
  }

  end(): void {
    clearTimeout(this.#pause);
    for (const stop of this.#stop.splice(0)) stop();
    this.editor?.destroy();
    this.facts.end();
    this.#article.remove();
  }

  #editorOptions(): ConstructorParameters<typeof ThemeEditor>[1] {
    const { room, shared, theme, text, undo, onState, leave } = this.#parts;
    return {
      fragment: text,
      label: this.#title(theme),
      placeholder: shared.mayWrite
        ? t("Write here what is known. ## makes a heading, - a list.")
        : t("Nothing is written here yet."),
      mayWrite: () => shared.mayWrite,
      awareness: awarenessOf(room, shared),
      authors: authorsOf(room, shared),
      undo,
      keys: { link: askLink, leave },
      onStuck: (stuck) => this.#showStuck(stuck),
      onState,
    };
  }

  #showStuck(stuck: boolean): void {
    const note = stuck
      ? html`<p class="prose-empty" role="alert">
          ${t("Something in this text cannot be shown here. You see it as it was; it can be written again once that is repaired.")}
        </p>`
      : nothing;
    render(note, this.#note);
  }

  /** A text that cannot be drawn waits until somebody repaired it. */
  readonly #begin = (): void => {
    if (this.editor !== undefined) return;
    const drawable = canDraw(this.#parts.text);
    this.#showStuck(!drawable);
    if (drawable) this.editor = new ThemeEditor(this.#prose, this.#editorOptions());
  };

  #listen(): void {
    const { room, shared, text } = this.#parts;
    const tick = window.setInterval(this.#soon, TICK_MS);
    text.observeDeep(this.#soon);
    text.observeDeep(this.#begin);
    this.#stop.push(
      () => window.clearInterval(tick),
      this.#keepTextSteady(),
      () => text.unobserveDeep(this.#soon),
      () => text.unobserveDeep(this.#begin),
      room.onPlaces(({ document }) => document === shared.document, this.#soon),
      shared.marks.onChange(this.#soon),
      shared.onRights(() => this.editor?.refresh()),
    );
  }

  /** A fact that others add above the text must not push away the line that is written below it. */
  #keepTextSteady(): () => void {
    let height = this.facts.offsetHeight;
    const observer = new ResizeObserver(() => {
      const grown = this.facts.offsetHeight - height;
      height += grown;
      if (grown === 0 || !this.editor?.view.hasFocus()) return;
      this.#article.parentElement?.scrollBy({ top: grown, behavior: "instant" });
    });
    observer.observe(this.facts);
    return () => observer.disconnect();
  }

  readonly #soon = (): void => {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#renderAround();
    }, PAUSE_MS);
  };

  #title(theme: string): string {
    return this.#parts.room.boot.incident.themes.find(({ id }) => id === theme)?.title ?? theme;
  }

  #renderAround(): void {
    render(this.#headTemplate(), this.#head);
    render(this.#footTemplate(), this.#foot);
  }

  #headTemplate(): TemplateResult {
    const { room, shared, theme } = this.#parts;
    const { rhythm } = room.boot.incident;
    const newest = newestInTheme(room, shared, theme);
    const codes = room.writersAt((at) => at.document === shared.document && at.theme === theme);
    return html`<h2 class="picture-title">${this.#title(theme)}</h2>
      <p class="picture-meta">
        ${shared.document === "picture" ? nothing : html`<span>${this.#ownWords()}</span>`}
        ${newest === undefined ? nothing : ageMark(Date.now() - newest.at.getTime(), rhythm)}
        <span>${t("Rhythm {span}", { span: formatSpan(rhythm) })}</span>
        ${codes.length === 0 ? nothing : html`<span>${t("Writing now")} ${this.#marks(codes)}</span>`}
      </p>`;
  }

  #ownWords(): string {
    const { room } = this.#parts;
    return t("Own picture of {organisation}", {
      organisation: room.nameOf(room.boot.person.organisation),
    });
  }

  #marks(codes: readonly string[]): TemplateResult[] {
    return codes.map((code) => this.#parts.room.mark(code, { writing: true }));
  }

  #footTemplate(): TemplateResult {
    const { room, shared, theme } = this.#parts;
    const newest = newestInTheme(room, shared, theme);
    const counts = this.#lastHour();
    return html`${counts.length === 0 ? nothing : this.#hourTemplate(counts)}
    ${newest === undefined ? nothing : html`<span>${t("This theme {time}", { time: formatMoment(newest.at) })}</span>`}`;
  }

  #hourTemplate(counts: readonly [string, number][]): TemplateResult {
    const { room } = this.#parts;
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const title = tn("{n} paragraph changed", "{n} paragraphs changed", total);
    return html`<span title=${title}
      >${t("Last hour")} ${counts.map(([code, count]) => html`${room.mark(code)} ${count}`)}</span
    >`;
  }

  /** How many paragraphs each organisation was the last to write in, this hour; most first. */
  #lastHour(): [string, number][] {
    const { room, shared, text } = this.#parts;
    const counts = new Map<string, number>();
    for (const block of blocksOf(text)) {
      const author = room.attribution(shared).of(block);
      if (author === undefined || Date.now() - author.at.getTime() > HOUR_MS) continue;
      counts.set(author.org, (counts.get(author.org) ?? 0) + 1);
    }
    return [...counts].sort((one, other) => other[1] - one[1]);
  }
}

function element(tag: string, className: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

/** Cursors of an own picture travel on its own line: nobody outside the organisation hears them. */
function awarenessOf(room: Room, shared: SharedDocument): Awareness | undefined {
  if (shared.document === "picture") return room.docs.presence.awareness;
  return shared.provider.awareness ?? undefined;
}

function authorsOf(room: Room, shared: SharedDocument): AuthorSource {
  return {
    attribution: room.attribution(shared),
    onMarks: (heard) => shared.marks.onChange(heard),
    colourOf: room.colourOf,
    kindOf: room.kindOf,
    timeOf: timesOfBlocks(),
  };
}

/** "03:16", on another day "16 jul": the gutter has no room for more. Asked for every block at every
 *  change, so the answers of this minute are remembered. */
function timesOfBlocks(): (at: Date) => string {
  const known = new Map<number, string>();
  let minute = 0;
  return (at) => {
    const now = Math.floor(Date.now() / 60_000);
    if (now !== minute) known.clear();
    minute = now;
    let text = known.get(at.getTime());
    if (text === undefined) {
      const time = formatTime(at);
      text = formatMoment(at) === time ? time : formatDate(at).split(" ").slice(1).join(" ");
      known.set(at.getTime(), text);
    }
    return text;
  };
}
