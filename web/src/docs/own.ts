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

export type UndoScope = Y.AbstractType<unknown> | Y.AbstractType<unknown>[];

/**
 * Undo of one's own edits in `scope`. Make it after the document was loaded, or its first content
 * could be undone. `origins` are those of editors that write under a name of their own.
 */
export function undoManager(scope: UndoScope, origins: readonly unknown[] = []): Y.UndoManager {
  // Yjs types the parameter with `any` in the event; the value is the same
  const types = scope as Y.AbstractType<Y.YEvent<never>>;
  return new Y.UndoManager(types, {
    trackedOrigins: new Set([OWN_EDIT, ...origins]),
    captureTimeout: 500,
  });
}
