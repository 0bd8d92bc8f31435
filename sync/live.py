"""A document while it is live: applying changes, and what it says about itself.

Nothing here costs more for an old document than for a new one, but for what has to be encoded;
and that is done once for all who ask, not once each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from pycrdt import Doc, Subscription, TransactionEvent

from sync import guard
from sync.deletions import Deletions, as_yjs_writes
from sync.errors import RoomBroken, as_malformed
from sync.loaded import Loaded, rebuilt
from sync.slices import apply_together, applying
from sync.turns import Work

CHECKPOINT_EVERY: Final = 500
"""Rows; loading applies one checkpoint and at most about this many rows …"""
BYTES_A_ROW: Final = 1400
"""… or one for so many bytes of state, when that is more: a row costs a quarter of what so many
bytes cost to load, and a large state is not written for a handful of rows."""
PUT_AWAY_SOONER: Final = 10
"""A document that is put away is worth a checkpoint after so many times fewer rows."""
LARGE: Final = 64 * 1024
"""Bytes of state from which on it is not encoded anew for everybody who comes in."""
MOST_BEHIND: Final = 100
"""Changes that are sent behind a state that was encoded before."""
RECENT_ANSWERS: Final = 4
"""Answers without news that are known by their bytes."""
RECENT_QUESTIONS: Final = 4
"""State vectors whose difference is known: pages that come back together were in step together."""


class _Answer:
    """An answer without news, in the spellings of pycrdt and of Yjs."""

    __slots__ = ("_ours", "_theirs")

    def __init__(self, ours: bytes) -> None:
        self._ours, self._theirs = ours, b""

    def is_said_by(self, update: bytes) -> bool:
        """Whether a client says just this."""
        if len(update) != len(self._ours):
            return False
        if update == self._ours:
            return True
        self._theirs = self._theirs or as_yjs_writes(self._ours)
        return update == self._theirs


class Live:
    """The document that was `loaded`, already `built` or not. Raises RoomBroken, now and in
    `restore`, when it cannot be made from that."""

    def __init__(
        self,
        loaded: Loaded,
        cpu: Callable[[], float],
        built: Doc[Any] | None = None,
        checkpoint_every: int = CHECKPOINT_EVERY,
    ) -> None:
        self._cpu = cpu
        self._checkpoint_every = checkpoint_every
        self._emitted: list[bytes] = []
        self._subscription: Subscription | None = None
        self._before: bytes | None = None
        """What the document had before the change that is being applied in turns."""
        self._base, self._since = loaded.state, list(loaded.tail)
        # what was stored is the state as long as nothing came after: a first reader costs no more
        self._full = None if loaded.tail else loaded.state
        self._since_full: list[bytes] = []
        self._nothing_new: bytes | None = None
        self._answers: deque[_Answer] = deque(maxlen=RECENT_ANSWERS)
        self._deletions: Deletions | None = None
        self._differences: dict[bytes, bytes] = {}
        if built is None:
            self.restore()
        else:
            self._watch(built)
        own = self._doc.get_state()
        # our own may name any number of client ids: nobody else has to read it
        self.clocks = guard.parse_state_vector(own, most=len(own))

    @property
    def client_id(self) -> int:
        """The client id of the server in this document."""
        return self._doc.client_id

    def restore(self) -> None:
        """Make the document from what was taken, as it was before the present change."""
        try:
            self._watch(rebuilt(Loaded(self._base, tuple(self._since))))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise RoomBroken(type(error).__name__) from error

    def _watch(self, doc: Doc[Any]) -> None:
        self.close()
        self._differences.clear()
        self._doc = doc
        self._subscription = doc.observe(self._on_event)

    def _on_event(self, event: TransactionEvent) -> None:
        self._emitted.append(event.update)

    def close(self) -> None:
        """Let go of the document. The library holds who watches, they hold the document, and
        Python cannot see that circle: without this every document ever opened stays in memory."""
        if self._subscription is not None:
            self._doc.unobserve(self._subscription)
            self._subscription = None

    # --- changes -------------------------------------------------------------------------------

    def reading(self, update: bytes) -> Work[guard.Structure]:
        """The structure of a step 2, with only those deletions that are news. Every client sends
        all that it knows of: who has nothing to say is recognised by the bytes."""
        if any(answer.is_said_by(update) for answer in self._answers):
            return guard.Structure()
        structure = yield from guard.reading(update)
        if structure.deletes:
            if self._deletions is None:
                self._deletions = Deletions(self.nothing_new())
            structure.deletes = self._deletions.new_in(update[structure.deletes_at :])
        return structure

    def apply(self, updates: Sequence[bytes], structure: guard.Structure) -> bytes | None:
        """What the document emitted for updates, each of them small; None when it was nothing
        new. `take` it, or `restore`; after Malformed the document is as it was."""
        self._emitted.clear()
        try:
            if len(updates) == 1:
                self._doc.apply_update(updates[0])
            else:
                apply_together(self._doc, updates, structure, self._cpu)
        except BaseException as error:  # noqa: BLE001 a panic inside pycrdt is one
            self._take_back(error)
        return self._emitted[0] if self._emitted else None

    def applying(self, update: bytes, structure: guard.Structure) -> Work[bytes | None]:
        """What `apply` does, in turns, with one update of any size. Until it is done the document
        may only be asked for its state vector, which does not count this change."""
        self._emitted.clear()
        self._before = self._doc.get_state()
        try:
            yield from applying(self._doc, update, structure, self.clocks, self._cpu)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001 a panic inside pycrdt is one
            self._take_back(error)
        finally:
            self._before = None
        return self._emitted[0] if self._emitted else None

    def _take_back(self, error: BaseException) -> NoReturn:
        """After any error the document may be half changed, and is not to be trusted."""
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error
        self.restore()
        raise as_malformed(error) from error

    def take(self, emitted: bytes, after: Mapping[int, int]) -> None:
        """What was emitted will be appended, and the clocks are these `after` it."""
        self._since.append(emitted)
        self.clocks.update(after)
        self._differences.clear()
        if emitted[-1]:
            # it ends with the length of a deletion, or with 0: there is none; a change may delete
            # what it does not name, when two set the same key
            self._nothing_new = self._deletions = None
        if self._full is not None:
            self._since_full.append(emitted)
            if len(self._full) < LARGE or len(self._since_full) > MOST_BEHIND:
                self._full, self._since_full = None, []

    # --- what it says --------------------------------------------------------------------------

    def state(self) -> bytes:
        """The full state as it is now, encoded once for a herd that arrives together."""
        if self._full is None or self._since_full:
            self._full, self._since_full = self._doc.get_update(), []
        return self._full

    def everything(self) -> tuple[bytes, list[bytes]]:
        """All there is, for who has nothing: of a large document a state that was encoded before,
        and the changes since."""
        if self._full is None or len(self._full) < LARGE:
            return self.state(), []
        return self._full, self._since_full

    def difference(self, state_vector: bytes) -> bytes:
        """What somebody lacks who has this; encoded once for a herd that was in step."""
        known = self._differences.get(state_vector)
        if known is None:
            known = self._doc.get_update(state_vector)
            if len(self._differences) >= RECENT_QUESTIONS:
                self._differences.clear()
            self._differences[state_vector] = known
        return known

    def state_vector(self) -> bytes:
        """What it has, and not what is being applied."""
        return self._doc.get_state() if self._before is None else self._before

    def nothing_new(self) -> bytes:
        """The answer to our step 1 of who has everything and nothing else."""
        if self._nothing_new is None:
            self._nothing_new = self._doc.get_update(self._doc.get_state())
            self._answers.append(_Answer(self._nothing_new))
        return self._nothing_new

    # --- checkpoints ---------------------------------------------------------------------------

    def checkpoint(self) -> bytes | None:
        """The state, when it is time for a checkpoint behind what was taken last."""
        return self._begin_anew() if len(self._since) >= self._rows_a_checkpoint() else None

    def worth_keeping(self) -> bytes | None:
        """The state, when loading would be a good deal shorter with it as a checkpoint."""
        enough = self._rows_a_checkpoint() // PUT_AWAY_SOONER
        return self._begin_anew() if len(self._since) >= enough else None

    def _rows_a_checkpoint(self) -> int:
        return max(self._checkpoint_every, len(self._base or b"") // BYTES_A_ROW)

    def _begin_anew(self) -> bytes:
        """From here on, restoring begins with the state as it is now."""
        self._base, self._since = self.state(), []
        return self._base
