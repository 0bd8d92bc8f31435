"""One of three is cut off, or the server is killed; all type on; then it heals.

Short here. `dev.py prove 1` lets each cut last two minutes (SAMENBEELD_CUT_SECONDS=120).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from models import update_log
from sync.room import Loaded, rebuilt
from sync.shapes import read_picture
from tests.demo_process import DemoProcess, a_demo
from tests.forwarder import Cut, Forwarder
from tests.journeys.screen import PASSWORD, Screen, a_screen
from tests.live import LiveServer, a_server, delay_commits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECONDS: Final = float(os.environ.get("SAMENBEELD_CUT_SECONDS", "2"))
THEME: Final = "forecast"

SAMPLER: Final = """
() => {
    globalThis.words = [];
    const look = () => {
        const shown = document.querySelector("[data-mount=status] [data-status]");
        const word = shown?.dataset.status ?? "nothing";
        const last = globalThis.words.at(-1);
        if (last?.word !== word) globalThis.words.push({ word, at: Date.now() });
    };
    look();
    setInterval(look, 10);
}
"""


WORD: Final = """
() => document.querySelector("[data-mount=status] [data-status]")?.dataset.status
"""


@dataclass
class Person:
    """Somebody who types tokens; `typed` are all of them."""

    screen: Screen
    letter: str
    typed: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        """Open the text and watch the status word, every ten milliseconds."""
        await self.screen.write_in(THEME)
        await self.watch()

    async def watch(self) -> None:
        await self.screen.page.evaluate(SAMPLER)

    async def type(self) -> None:
        """A token in a paragraph of its own, at the end."""
        token = f"{self.letter}{len(self.typed):03d}{self.letter}"
        self.typed.append(token)
        page = self.screen.page
        await page.locator(".ProseMirror").press("Control+End")
        await page.keyboard.press("Enter")
        await page.keyboard.type(token)

    async def words(self) -> list[tuple[str, int]]:
        """The status words that were shown since `watch`, and when each began."""
        told = await self.screen.page.evaluate("() => globalThis.words")
        return [(one["word"], one["at"]) for one in told]

    async def now(self) -> int:
        moment: int = await self.screen.page.evaluate("() => Date.now()")
        return moment


@asynccontextmanager
async def three(
    browser: Browser, demo: DemoProcess, cut: str
) -> AsyncIterator[tuple[Person, Person, Person]]:
    """Three people of three organisations; the first comes over `cut`."""
    async with AsyncExitStack() as stack:
        people = []
        for name, address in (("im24", cut), ("wl", demo.http), ("rws", demo.http)):
            screen = await stack.enter_async_context(
                a_screen(browser, address, name, own_device=True)
            )
            people.append(Person(screen, name[0]))
            await people[-1].begin()
        for person in people:
            await person.screen.status("saved")
        await people[0].screen.page.wait_for_function(
            "() => navigator.serviceWorker?.controller != null"
        )
        yield people[0], people[1], people[2]
    assert [mistake for one in people for mistake in one.screen.mistakes] == []


async def typing_for(people: list[Person], seconds: float) -> None:
    """All type a token now and then."""
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        for person in people:
            await person.type()
        await asyncio.sleep(min(2.0, seconds / 6))


async def reload_without_a_line(person: Person) -> None:
    """Reload: the shell comes from the device, and so does what was written."""
    await person.screen.page.reload(wait_until="commit", timeout=20_000)
    await person.screen.page.wait_for_selector(
        f'[data-writes="picture|{THEME}||text"] .ProseMirror', timeout=20_000
    )
    await person.watch()
    text = await person.screen.text()
    assert all(token in text for token in person.typed), "what was typed offline is still there"


async def never_said_saved(person: Person) -> None:
    """Since the page was watched nothing could be stored, so it may never have said so."""
    words = [word for word, _ in await person.words()]
    assert "saved" not in words, words


async def all_agree(people: list[Person]) -> None:
    """Everybody shows the same, each token is there once, and the word is saved."""
    for person in people:
        await person.screen.status("saved", timeout=60_000)
    tokens = [token for person in people for token in person.typed]
    until = asyncio.get_running_loop().time() + 10
    while True:
        texts = [await person.screen.text() for person in people]
        if len(set(texts)) == 1 and all(token in texts[0] for token in tokens):
            break
        assert asyncio.get_running_loop().time() < until, "they do not converge"
        await asyncio.sleep(0.1)
    assert {token: texts[0].count(token) for token in tokens} == dict.fromkeys(tokens, 1)


@pytest.mark.parametrize("way", list(Cut), ids=lambda way: way.name.lower())
async def test_who_is_cut_off_loses_nothing_and_is_never_told_that_it_is_saved(
    browser: Browser, tmp_path: Path, web_dist: Path, way: Cut
) -> None:
    with a_demo(tmp_path) as demo:
        forwarder = Forwarder(lambda: demo.port)
        await forwarder.start()
        try:
            async with three(browser, demo, f"http://127.0.0.1:{forwarder.port}") as people:
                alone = people[0]
                await typing_for(list(people), 1)
                await all_agree(list(people))
                await forwarder.cut(way)
                await alone.type()
                await alone.watch()
                await typing_for(list(people), SECONDS / 2)
                await alone.screen.status("offline", timeout=15_000)
                await never_said_saved(alone)
                await reload_without_a_line(alone)
                await typing_for(list(people), SECONDS / 2)
                await alone.screen.status("offline", timeout=15_000)
                await never_said_saved(alone)
                for other in people[1:]:
                    assert "offline" not in [word for word, _ in await other.words()]
                await forwarder.heal()
                await all_agree(list(people))
        finally:
            await forwarder.stop()


async def test_who_reads_and_loses_the_network_is_told_within_seconds(
    browser: Browser, tmp_path: Path, web_dist: Path
) -> None:
    with a_demo(tmp_path) as demo:
        forwarder = Forwarder(lambda: demo.port)
        await forwarder.start()
        try:
            address = f"http://127.0.0.1:{forwarder.port}"
            async with a_screen(browser, address, "im24") as reader:
                await reader.open()
                await reader.status("saved")
                await forwarder.cut(Cut.SILENT)
                await reader.page.context.set_offline(True)
                await reader.status("offline", timeout=3_500)
                banner = reader.page.locator(".banner", has_text="U bent offline.")
                await expect(banner).to_be_visible(timeout=3_000)
        finally:
            await forwarder.stop()


async def test_when_the_server_is_killed_everybody_types_on_and_nothing_is_lost(
    browser: Browser, tmp_path: Path, web_dist: Path
) -> None:
    with a_demo(tmp_path) as demo:
        async with three(browser, demo, demo.http) as people:
            await typing_for(list(people), 1)
            await all_agree(list(people))
            demo.stop(signal.SIGKILL)
            for person in people:
                await person.type()
                await person.watch()
            await typing_for(list(people), SECONDS / 2)
            await reload_without_a_line(people[0])
            await typing_for(list(people), SECONDS / 2)
            for person in people:
                await person.screen.status("offline", timeout=15_000)
                await never_said_saved(person)
            demo.start()
            await all_agree(list(people))


async def test_the_word_is_never_saved_before_the_last_commit(
    browser: Browser, tmp_path: Path, web_dist: Path
) -> None:
    """Fifty edits without a line, then a disk that takes 300 ms for each commit."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(a_server(tmp_path, password=PASSWORD))
        forwarder = Forwarder(lambda: server.port)
        await forwarder.start()
        stack.push_async_callback(forwarder.stop)
        address = f"http://127.0.0.1:{forwarder.port}"
        screen = await stack.enter_async_context(a_screen(browser, address, "ana"))
        await screen.write_in(THEME, incident=server.incident)
        await screen.status("saved")
        await forwarder.cut(Cut.RESET)
        await screen.status("offline", timeout=15_000)
        typed = "".join(chr(97 + number % 26) for number in range(50))
        await screen.page.locator(".ProseMirror").press_sequentially(typed)
        delay_commits(server, 0.3)
        await forwarder.heal()
        looked = 0
        while await screen.page.evaluate(WORD) != "saved":
            looked += 1
            await asyncio.sleep(0.01)
        assert typed in stored_picture(server), "it said saved before the disk had it"
        assert looked > 10


def stored_picture(server: LiveServer) -> str:
    """The theme's text as the log on the disk has it at this moment."""
    with server.services.database.reader.connect() as connection:
        stored = update_log.load(connection, f"{server.incident}/picture")
    [theme] = read_picture(rebuilt(Loaded(stored.state, stored.tail)), [THEME])
    return "".join(run.text for block in theme.content for run in block.content)
