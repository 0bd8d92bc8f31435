// What is said when something was removed, with the way back.
import type * as Y from "yjs";
import { offer } from "../ui/toast";
import { t } from "../ui/words";

/**
 * Says `text`, with a button that takes back the newest step of `undo`, the removal. It is there for
 * as long as that is the newest step: undone already, or written on since, it would take back
 * something else. `after` follows the press; what is returned takes the offer away.
 */
export function sayRemoved(text: string, undo: Y.UndoManager, after: () => void): () => void {
  undo.stopCapturing();
  const removal = undo.undoStack.at(-1);
  const putBack = (): void => {
    undo.undo();
    after();
  };
  const away = offer(text, { word: t("Put back"), run: putBack });
  const end = (): void => {
    undo.off("stack-item-added", look);
    undo.off("stack-item-popped", look);
    away();
  };
  const look = (): void => {
    if (undo.undoStack.at(-1) !== removal) end();
  };
  undo.on("stack-item-added", look);
  undo.on("stack-item-popped", look);
  return end;
}
