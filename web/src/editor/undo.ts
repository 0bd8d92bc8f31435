// Undo of one's own edits in a theme, kept while one looks at another theme.
import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "y-prosemirror";
import * as Y from "yjs";

/** y-prosemirror's undo plugin destroys its manager with the view; this one outlives the view. */
export class TextUndo extends Y.UndoManager {
  constructor(fragment: Y.XmlFragment) {
    super(fragment, {
      // what others and the offline store bring in has other origins, and is never undone here
      trackedOrigins: new Set([ySyncPluginKey]),
      deleteFilter: (item) => defaultDeleteFilter(item, defaultProtectedNodes),
      captureTransaction: (transaction) => transaction.meta.get("addToHistory") !== false,
    });
  }

  /** Called by the plugin when its view goes: only what that view hung on to us goes with it. */
  override destroy(): void {
    this._observers.clear();
  }

  end(): void {
    super.destroy();
  }
}
