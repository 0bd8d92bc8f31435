"""What the live path counts, for `/metrics`."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

SOCKETS: Final = Gauge("samenbeeld_sockets", "Open collaboration sockets")
ROOMS: Final = Gauge("samenbeeld_rooms", "Documents held open")
MEMBERS: Final = Gauge("samenbeeld_members", "Open documents over all sockets")
AT_THE_DOOR: Final = Gauge("samenbeeld_at_the_door", "Who waits to be let in")
REFUSALS: Final = Counter("samenbeeld_refusals", "What was refused", ["reason"])
FRAMES: Final = Counter("samenbeeld_frames_received", "Frames received from clients")
COMMITTED_UPDATES: Final = Counter("samenbeeld_updates_committed", "Updates stored for good")
COMMIT_FAILURES: Final = Counter("samenbeeld_commit_failures", "Group commits that failed")
COMMIT_SECONDS: Final = Histogram(
    "samenbeeld_commit_seconds",
    "Time from a group commit's start until it is on the disk",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3),
)
STORAGE_FAILING: Final = Gauge("samenbeeld_storage_failing", "1 while the log cannot be written")
CONFLATED: Final = Counter("samenbeeld_conflated", "Times a slow reader was left out for a while")
REBUILT: Final = Counter("samenbeeld_rooms_rebuilt", "Rooms thrown away and made anew from the log")
CHECKPOINT_FAILURES: Final = Counter(
    "samenbeeld_checkpoint_failures", "Checkpoints that could not be written; nothing is lost"
)
CHECKPOINTS_DAMAGED: Final = Counter(
    "samenbeeld_checkpoints_damaged", "Checkpoints passed over because they are not as written"
)
LOAD_SECONDS: Final = Histogram(
    "samenbeeld_load_seconds",
    "Time from asking for a document that is not open until it is",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3),
)
SLICES: Final = Histogram(
    "samenbeeld_slice_seconds",
    "Time of one slice of a change that is too long to take in at once",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3),
)
SLOWED: Final = Counter(
    "samenbeeld_slowed", "Times a client over its rate was not read for a while"
)
QUARANTINED: Final = Counter(
    "samenbeeld_quarantined", "Changes kept because nothing honest sends them", ["kept"]
)
LARGE: Final = Counter("samenbeeld_large_documents", "Times a document grew past its usual size")
