"""A backup is put back while people have the incident open."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.demo_process import DemoProcess, a_demo, samenbeeld
from tests.journeys.screen import a_screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

THEME: Final = "forecast"
BANNER: Final = "[data-mount=banner] .banner"


@pytest.fixture
def own_demo(tmp_path: Path, web_dist: Path) -> Iterator[DemoProcess]:
    """A demo of this journey's own: it is killed and wiped."""
    with a_demo(tmp_path) as process:
        yield process


async def run(folder: Path, *words: str) -> str:
    """A command beside the server, or without one: what it said."""
    said = folder / "command.log"
    with said.open("w+") as output:
        process = samenbeeld([*words, "--data", str(folder / "data")], output.fileno())
        code = await asyncio.to_thread(process.wait, 60)
    assert code == 0, said.read_text()
    return said.read_text()


async def test_an_open_page_keeps_what_it_could_not_send_and_nothing_is_doubled(
    browser: Browser, own_demo: DemoProcess, tmp_path: Path
) -> None:
    backup = str(tmp_path / "backup.sqlite3")
    async with a_screen(browser, own_demo.http, "wl", own_device=True) as writer:
        await writer.write_in(THEME)
        await write(writer.page, "Dit zit in de kopie.")
        await writer.status("saved")
        await run(tmp_path, "backup", "--to", backup)
        await write(writer.page, "Dit is van daarna.")
        await writer.status("saved")
        own_demo.stop(signal.SIGKILL)
        await writer.status("offline")
        await write(writer.page, "Nog niet verstuurd.")
        for file in (tmp_path / "data").glob("samenbeeld.sqlite3*"):
            file.unlink()
        await run(tmp_path, "restore", "--from", backup)
        own_demo.start()

        await writer.status("saved", timeout=30_000)
        shown = writer.page.locator(".ProseMirror")
        await expect(shown).not_to_contain_text("Dit is van daarna.", timeout=20_000)
        assert (await writer.text()).count("Dit zit in de kopie.") == 1
        # the one copy is made at once, the other when the fresh document is there to compare
        copies = await copies_of(writer.page, 2)
        for words in ("Nog niet verstuurd.", "Dit is van daarna."):
            assert sum(words in copy for copy in copies) == 1

        await write(writer.page, "En verder.")
        await writer.status("saved")
        async with a_screen(browser, own_demo.http, "im24") as reader:
            await reader.write_in(THEME)
            await expect(reader.page.locator(".ProseMirror")).to_contain_text("En verder.")
            assert await reader.text() == await writer.text()
        await run(tmp_path, "verify")


async def write(page: Page, words: str) -> None:
    """A paragraph at the end."""
    await page.locator(".ProseMirror").press("Control+End")
    await page.keyboard.press("Enter")
    await page.keyboard.type(words)


async def copies_of(page: Page, number: int) -> list[str]:
    """The texts that are kept, as soon as there are so many."""
    async with asyncio.timeout(15):
        while True:
            await page.locator(BANNER).get_by_role("button", name="Toon").click()
            found = await page.locator("dialog .rescue-text").all_inner_texts()
            await page.keyboard.press("Escape")
            if len(found) >= number:
                return found
            await asyncio.sleep(0.2)
