"""What Yjs itself writes is never refused, and comes out the same."""

import pytest

from tests.honest import honest, many_ids, offline_typing

pytestmark = pytest.mark.node

SESSIONS = 100


def test_generated_sessions_pass_the_guard_and_a_room_unrefused():
    figures = honest(SESSIONS)
    assert figures.sessions == SESSIONS
    assert figures.frames > 10 * SESSIONS


def test_hours_without_a_line_and_thousands_of_client_ids_are_honest_work():
    assert "structs" in offline_typing(hours=0.5)
    assert "slices" in many_ids(300)
