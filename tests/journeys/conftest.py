"""What every journey stands on: one real server with the demo, one real browser, no fakes.

A module of journeys begins with

    pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

because the browser lives for the whole session, in one event loop. A journey that cuts lines or
kills the server takes `a_demo(tmp_path)` of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.demo_process import DemoProcess, a_demo
from tests.journeys.screen import ARGUMENTS, Screen, a_screen

Enter = Callable[..., Awaitable[Screen]]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, web_dist: Path) -> Iterator[DemoProcess]:
    """A server with the demo, shared by all journeys that leave it running."""
    with a_demo(tmp_path_factory.mktemp("demo")) as process:
        yield process


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The browser; each person gets a context of their own in it."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser, demo: DemoProcess) -> AsyncIterator[Enter]:
    """`await enter("im24", width=360)`: a signed-in person; no console may have complained."""
    screens: list[Screen] = []
    async with AsyncExitStack() as stack:

        async def one(person: str, address: str = demo.http, **options: Any) -> Screen:
            screen = await stack.enter_async_context(a_screen(browser, address, person, **options))
            screens.append(screen)
            return screen

        yield one
        mistakes = [mistake for screen in screens for mistake in screen.mistakes]
    assert mistakes == []
