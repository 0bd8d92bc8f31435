"""What counts as a fault of ours or of a library."""

from __future__ import annotations

from typing import Final

_PANICS: Final = "pyo3_runtime"
"""Where the panics of libraries in Rust say that they are defined (PyO3, `PanicException`)."""


def is_a_fault(error: BaseException) -> bool:
    """Whether something went wrong; not whether the process or a task is asked to end. A panic
    inside pycrdt is a BaseException, and `except Exception` lets it pass."""
    return isinstance(error, Exception) or type(error).__module__ == _PANICS
