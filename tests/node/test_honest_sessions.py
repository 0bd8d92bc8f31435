"""What Yjs itself writes is never refused, and comes out the same."""

import pytest

from tests.honest import honest

pytestmark = pytest.mark.node

SESSIONS = 100


def test_generated_sessions_pass_the_guard_and_a_room_unrefused():
    figures = honest(SESSIONS)
    assert figures.sessions == SESSIONS
    assert figures.frames > 10 * SESSIONS
