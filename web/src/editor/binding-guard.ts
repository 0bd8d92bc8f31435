// What happens when the shared text holds something that y-prosemirror cannot draw at all: a text
// or a map where only elements belong, written by a program of somebody's own.
//
// Without this guard the view would stay behind the document for good, and the next keystroke, or
// even a moved cursor, would write the old view over what others wrote meanwhile. With it the text
// is shown as it was, nothing is written, and it comes back by itself once the document can be
// drawn again.
import type { EditorState } from "prosemirror-state";
import { ySyncPluginKey } from "y-prosemirror";
import type * as Y from "yjs";

/** The parts of y-prosemirror's binding that are guarded; none of them is in its types. */
interface Binding {
  _observeFunction(events: Y.YEvent<Y.XmlElement>[], transaction: Y.Transaction): void;
  _prosemirrorChanged(doc: EditorState["doc"]): void;
  _forceRerender(): void;
}

function isBinding(value: unknown): value is Binding {
  return (
    typeof value === "object" &&
    value !== null &&
    ["_observeFunction", "_prosemirrorChanged", "_forceRerender"].every(
      (name) => typeof (value as Record<string, unknown>)[name] === "function",
    )
  );
}

export class BindingGuard {
  readonly #told: (stuck: boolean) => void;
  #stuck = false;

  /** Guards the binding of `state`; call before a view is made of it. `told` hears of changes. */
  constructor(state: EditorState, told: (stuck: boolean) => void) {
    const binding: unknown = ySyncPluginKey.getState(state)?.binding;
    if (!isBinding(binding))
      throw new Error("this version of y-prosemirror is not the one we know");
    this.#told = told;
    const draw = binding._observeFunction;
    const write = binding._prosemirrorChanged;
    binding._observeFunction = (events, transaction) => {
      this.#attempt(() => {
        // what was not drawn is in no memory of the binding: after a failure all is drawn anew
        if (this.#stuck) binding._forceRerender();
        else draw.call(binding, events, transaction);
      });
    };
    binding._prosemirrorChanged = (doc) => {
      if (!this.#stuck) write.call(binding, doc);
    };
  }

  /** The view shows an older text than the document holds. */
  get stuck(): boolean {
    return this.#stuck;
  }

  #attempt(draw: () => void): void {
    try {
      draw();
      this.#set(false);
    } catch (error) {
      console.error("the text cannot be drawn:", error);
      this.#set(true);
    }
  }

  #set(stuck: boolean): void {
    if (stuck === this.#stuck) return;
    this.#stuck = stuck;
    this.#told(stuck);
  }
}
