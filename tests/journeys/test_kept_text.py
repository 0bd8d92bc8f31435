"""What people wrote is kept: when a right is withdrawn, a session ends, somebody signs out, two
tabs are open, or the device will not store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from tests.demo_process import DemoProcess, a_demo
from tests.forwarder import Cut, Forwarder
from tests.journeys.screen import PASSWORD, Screen, a_screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

THEME: Final = "forecast"
INCIDENT: Final = "/api/v1/incidents/limburg-2021"
BANNER: Final = "[data-mount=banner] .banner"

ASK: Final = """
async ([method, path, body]) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
    return answer.status;
}
"""

KEPT: Final = """
async () => {
    const opened = indexedDB.open("samenbeeld");
    const database = await new Promise((done) => { opened.onsuccess = () => done(opened.result); });
    const count = (store) => new Promise((done) => {
        const counted = database.transaction(store).objectStore(store).count();
        counted.onsuccess = () => done(counted.result);
    });
    const kept = { updates: await count("updates"), pending: await count("pending") };
    database.close();
    return { ...kept, shells: await caches.has("shells") };
}
"""


@pytest.fixture(scope="module")
def own_demo(tmp_path_factory: pytest.TempPathFactory, web_dist: Path) -> Iterator[DemoProcess]:
    """A demo of this file's own: its incident is closed and opened again."""
    with a_demo(tmp_path_factory.mktemp("kept")) as process:
        yield process


@asynccontextmanager
async def writing(
    browser: Browser, address: str, *people: str, own_device: bool = True
) -> AsyncIterator[list[Screen]]:
    """People in the text of one theme, everything saved."""
    async with AsyncExitStack() as stack:
        screens = [
            await stack.enter_async_context(
                a_screen(browser, address, person, own_device=own_device)
            )
            for person in people
        ]
        for screen in screens:
            await screen.write_in(THEME)
            await screen.status("saved")
        yield screens


async def write(screen: Screen, words: str) -> None:
    """A paragraph at the end."""
    await screen.page.locator(".ProseMirror").press("Control+End")
    await screen.page.keyboard.press("Enter")
    await screen.page.keyboard.type(words)


async def ask(page: Page, method: str, path: str, body: object = None) -> int:
    status: int = await page.evaluate(ASK, [method, path, body])
    return status


async def kept_on(page: Page) -> dict[str, Any]:
    """What this device holds."""
    kept: dict[str, Any] = await page.evaluate(KEPT)
    return kept


async def heal(forwarder: Forwarder, *screens: Screen) -> None:
    """The network is back, and the browsers notice it."""
    await forwarder.heal()
    for screen in screens:
        await screen.page.evaluate("() => window.dispatchEvent(new Event('online'))")


async def nothing_pending(page: Page) -> None:
    """What was acknowledged is noted on the device a moment later."""
    async with asyncio.timeout(5):
        while (await kept_on(page))["pending"] > 0:  # noqa: ASYNC110 it is the browser's database
            await asyncio.sleep(0.1)


async def text_has(screen: Screen, words: str) -> None:
    await expect(screen.page.locator(".ProseMirror")).to_contain_text(words)


async def test_a_right_that_is_withdrawn_mid_sentence_puts_the_unsent_words_aside(
    browser: Browser, own_demo: DemoProcess
) -> None:
    async with writing(browser, own_demo.http, "im24", "wl") as (regie, writer):
        await write(writer, "Dit staat er al.")
        await writer.status("saved")
        assert await ask(regie.page, "PATCH", INCIDENT, {"phase": "closed"}) == 200
        await writer.status("read-only")
        shown = writer.page.locator(".ProseMirror")
        await expect(shown).to_have_attribute("contenteditable", "false")
        await force_write(writer, "Te laat geschreven.")
        kept = writer.page.locator(BANNER).filter(has_text="Uw tekst is bewaard.")
        await expect(kept).to_be_visible()
        await expect(shown).not_to_contain_text("Te laat geschreven.")

        await writer.page.reload()
        await writer.status("read-only")
        await writer.page.locator(BANNER).get_by_role("button", name="Toon").click()
        copy = writer.page.locator("dialog .rescue-text")
        await expect(copy).to_contain_text("Te laat geschreven.")
        await expect(copy).to_contain_text("Prognose")
        assert await writer.accessibility() == []
        writer.page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await writer.page.get_by_role("button", name="Gooi weg").click()
        await expect(copy).to_have_count(0)
        await writer.page.keyboard.press("Escape")
        await expect(writer.page.locator(BANNER)).to_have_count(0)

        assert await ask(regie.page, "PATCH", INCIDENT, {"phase": "warm"}) == 200
        await writer.status("saved")
        await write(writer, "En weer verder.")
        await text_has(regie, "En weer verder.")
        assert "Te laat geschreven." not in await regie.text()


async def force_write(screen: Screen, words: str) -> None:
    """A change as it would arise from a key that was pressed before the right went."""
    await screen.page.evaluate(
        """([theme, words]) => {
            const { doc } = globalThis.__samenbeeld.docs.get("picture");
            const text = doc.getXmlFragment(`text:${theme}`);
            const last = text.get(text.length - 1);
            const inside = last.get(last.length - 1);
            inside.insert(inside.length, ` ${words}`);
        }""",
        [THEME, words],
    )


async def test_a_session_that_ends_loses_nothing_and_nothing_goes_out_under_another_name(
    browser: Browser, own_demo: DemoProcess
) -> None:
    async with writing(browser, own_demo.http, "wl", "im24") as (writer, reader):
        tab = await writer.page.context.new_page()
        await tab.goto(f"{own_demo.http}/incidents")
        await sign_out(tab)
        await write(writer, "Na het einde geschreven.")
        banner = writer.page.locator(BANNER)
        await expect(banner).to_contain_text("Uw sessie is beëindigd.")
        assert await writer.accessibility() == []

        await sign_in_as(tab, "rws")
        await banner.get_by_role("button", name="Ga verder").click()
        await expect(banner).to_contain_text("als iemand anders aangemeld")
        assert "Na het einde geschreven." not in await reader.text()

        await sign_out(tab)
        await sign_in_as(tab, "wl")
        await banner.get_by_role("button", name="Ga verder").click()
        await writer.status("saved")
        await text_has(reader, "Na het einde geschreven.")


async def sign_out(page: Page) -> None:
    await page.evaluate("() => fetch('/sign-out', { method: 'POST' })")


async def sign_in_as(page: Page, person: str) -> None:
    await page.goto("/".join([*page.url.split("/")[:3], "sign-in"]))
    await page.fill("input[name=username]", person)
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await page.wait_for_url("**/incidents")


async def test_two_tabs_of_one_person_without_a_line_keep_what_both_wrote(
    browser: Browser, own_demo: DemoProcess
) -> None:
    forwarder = Forwarder(lambda: own_demo.port)
    await forwarder.start()
    address = f"http://127.0.0.1:{forwarder.port}"
    try:
        async with writing(browser, address, "wl") as [one]:
            await one.page.wait_for_function("() => navigator.serviceWorker.controller != null")
            other = Screen("wl", await one.page.context.new_page(), address)
            await other.write_in(THEME)
            await other.status("saved")
            await forwarder.cut(Cut.RESET)
            await write(one, "Van het ene blad.")
            await write(other, "Van het andere blad.")
            await one.status("offline")
            await one.page.reload()
            await one.page.wait_for_selector(".ProseMirror")
            await text_has(one, "Van het ene blad.")
            await text_has(one, "Van het andere blad.")
            await write(other, "En nog iets.")
            await heal(forwarder, one, other)
            for screen in (one, other):
                await screen.status("saved")
                for words in ("Van het ene blad.", "Van het andere blad.", "En nog iets."):
                    await text_has(screen, words)
                    assert (await screen.text()).count(words) == 1
            await nothing_pending(one.page)
    finally:
        await forwarder.stop()


async def test_signing_out_sends_first_asks_if_it_cannot_and_leaves_nothing_behind(
    browser: Browser, own_demo: DemoProcess
) -> None:
    forwarder = Forwarder(lambda: own_demo.port)
    await forwarder.start()
    address = f"http://127.0.0.1:{forwarder.port}"
    try:
        async with writing(browser, address, "rws") as [screen]:
            await screen.page.wait_for_function("() => caches.has('shells')")
            await forwarder.cut(Cut.RESET)
            await write(screen, "Nog niet verstuurd.")
            await screen.status("offline")
            await press_sign_out(screen)
            dialog = screen.page.locator("dialog.dialog")
            await expect(dialog).to_contain_text("Dat blijft op dit apparaat", timeout=10_000)
            await dialog.get_by_role("button", name="Toon mijn tekst").click()
            copy = screen.page.locator("dialog .rescue-text")
            await expect(copy).to_contain_text("\nNog niet verstuurd.\n", use_inner_text=True)
            await expect(copy).not_to_contain_text("niet meer openen")
            for _ in range(2):
                await screen.page.keyboard.press("Escape")
            assert (await kept_on(screen.page))["pending"] == 1

            await heal(forwarder, screen)
            await screen.status("saved")
            await write(screen, "En dit gaat mee.")
            await press_sign_out(screen)
            await screen.page.wait_for_url("**/sign-in**")
            kept = await kept_on(screen.page)
            assert kept == {"updates": 0, "pending": 0, "shells": False}
        async with writing(browser, own_demo.http, "im24") as [reader]:
            await text_has(reader, "Nog niet verstuurd.")
            await text_has(reader, "En dit gaat mee.")
    finally:
        await forwarder.stop()


async def press_sign_out(screen: Screen) -> None:
    menu = screen.page.locator("details.me")
    if await menu.get_attribute("open") is None:
        await menu.locator("summary").click()
    await menu.locator("form[data-sign-out] button").click()


async def test_a_device_that_is_not_ones_own_keeps_nothing_and_asks_before_it_is_left(
    browser: Browser, own_demo: DemoProcess
) -> None:
    forwarder = Forwarder(lambda: own_demo.port)
    await forwarder.start()
    address = f"http://127.0.0.1:{forwarder.port}"
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def stay(dialog: Dialog) -> None:
        await asked.put(dialog.type)
        await dialog.dismiss()

    try:
        async with writing(browser, address, "ghor", own_device=False) as [screen]:
            screen.page.on("dialog", stay)
            await forwarder.cut(Cut.RESET)
            await write(screen, "Alleen in dit venster.")
            await screen.status("offline")
            await expect(screen.page.locator(BANNER)).to_contain_text("alleen in dit venster")
            await screen.page.evaluate("() => setTimeout(() => location.reload())")
            await expect(screen.page.locator(BANNER)).to_be_visible()
            assert await asyncio.wait_for(asked.get(), 10) == "beforeunload"
            assert await screen.page.evaluate("() => indexedDB.databases()") == []
            await heal(forwarder, screen)
            await screen.status("saved")
    finally:
        await forwarder.stop()


async def test_a_browser_whose_storage_is_full_says_so_and_goes_on(
    browser: Browser, own_demo: DemoProcess
) -> None:
    async with writing(browser, own_demo.http, "ncc", "im23") as (screen, reader):
        await screen.page.evaluate(
            """() => {
                IDBObjectStore.prototype.add = () => {
                    throw new DOMException("full", "QuotaExceededError");
                };
            }"""
        )
        await write(screen, "Toch opgeslagen.")
        await expect(screen.page.locator(BANNER)).to_contain_text("De opslag is vol.")
        await screen.status("saved")
        await text_has(reader, "Toch opgeslagen.")
