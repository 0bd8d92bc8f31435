"""What counts as a fault."""

from __future__ import annotations

import asyncio

import pytest

from server.faults import is_a_fault

PanicException = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
"""Named as the library's own, which cannot be imported."""


@pytest.mark.parametrize("fault", [PanicException("capacity overflow"), ZeroDivisionError()])
def test_a_panic_inside_the_library_and_a_mistake_of_ours_are_faults(fault: BaseException):
    assert is_a_fault(fault)


@pytest.mark.parametrize("asked", [KeyboardInterrupt(), SystemExit(), asyncio.CancelledError()])
def test_being_asked_to_end_is_none(asked: BaseException):
    assert not is_a_fault(asked)
