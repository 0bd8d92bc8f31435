/**
 * What this page itself changes carries this origin, so that undo takes back one's own edits and
 * never those of others.
 */
import * as Y from "yjs";

export const OWN_EDIT: unique symbol = Symbol("own edit");

/** Does `change` as one change of this person. */
export function edit<T>(doc: Y.Doc, change: () => T): T {
  return doc.transact(change, OWN_EDIT);
}

/** One shared type, several, or a whole document. */
export type UndoScope = ConstructorParameters<typeof Y.UndoManager>[0];

/**
 * Undo of one's own edits in `scope`. Make it after the document was loaded, or its first content
 * could be undone. `origins` are those of editors that write under a name of their own.
 */
export function undoManager(scope: UndoScope, origins: readonly unknown[] = []): Y.UndoManager {
  const trackedOrigins = new Set([OWN_EDIT, ...origins]);
  return new Y.UndoManager(scope, { trackedOrigins, captureTimeout: 500 });
}
