"""The workspace for everybody: by keyboard, at every width, in light and dark, without the right to
write; and nothing that moves under one's hands."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.screen import INCIDENT
from tests.journeys.test_writing_together import caret_at_end_of, converged

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DESK: Final = {"width": 1440, "height": 900}
TABLET: Final = {"width": 820, "height": 1180}
PHONE: Final = {"width": 360, "height": 780}


@pytest.mark.parametrize(
    ("screen_size", "colours", "places"),
    [
        (DESK, "light", ("beeld/source", "eigen/source", "besluiten", "acties")),
        (TABLET, "dark", ("beeld/source", "acties")),
        (PHONE, "light", ("beeld/source", "besluiten", "themas")),
    ],
    ids=["desk", "tablet", "phone"],
)
async def test_axe_has_nothing_against_any_place(
    enter: Enter, screen_size: dict[str, int], colours: str, places: tuple[str, ...]
) -> None:
    screen = await enter("im24", color_scheme=colours, **screen_size)
    found = {"incidents": await screen.accessibility()}
    await screen.write_in("source")
    for place in places:
        await screen.page.evaluate("(place) => { location.hash = place; }", place)
        await screen.page.wait_for_timeout(250)
        found[place] = await screen.accessibility()
        wide = await screen.page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= screen_size["width"], f"{place} scrolls sideways"
    await screen.page.keyboard.press("Control+k")
    found["palette"] = await screen.accessibility()
    assert {place: rules for place, rules in found.items() if rules} == {}


async def test_everything_is_reached_by_keyboard(enter: Enter) -> None:
    screen = await enter("bz24")
    await screen.write_in("effects")
    page = screen.page
    await page.keyboard.press("F6")
    assert await focused(page) == "themes"
    await page.keyboard.press("F6")
    assert await focused(page) == "picture"
    await page.keyboard.press("j")
    await expect(page.locator(".picture-title")).to_have_text("Slachtoffers en zorg")
    await page.keyboard.press("Enter")
    await expect(page.locator(".ProseMirror")).to_be_focused()
    # just after it got the focus, the editor puts its own selection back once
    await page.wait_for_timeout(250)
    await page.keyboard.press("Control+End")
    await page.wait_for_timeout(100)
    await page.keyboard.press("Enter")
    await page.keyboard.type("## Per toets")
    await page.keyboard.press("Enter")
    await page.keyboard.type("- een")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("onder een")
    await expect(page.locator(".ProseMirror > h2").last).to_have_text("Per toets")
    await expect(page.locator(".ProseMirror li li")).to_have_text("onder een")
    await page.keyboard.press("Escape")
    assert await focused(page) == "picture", "Escape leaves the text"

    await page.keyboard.press("g")
    await page.keyboard.press("a")
    assert await focused(page) == "actions-full"
    await page.keyboard.press("n")
    await page.keyboard.type("Zaklampen tellen")
    await page.keyboard.press("Escape")
    row = page.locator(".centre [data-row][aria-label='Zaklampen tellen']")
    await expect(row).to_be_focused()
    await page.keyboard.press("e")
    await expect(row).to_have_attribute("data-state", "busy")
    await screen.status("saved")


async def focused(page: Page) -> str:
    """The pane that has the focus."""
    name: str = await page.evaluate("() => document.activeElement.dataset.keys ?? ''")
    return name


async def test_others_never_move_the_line_one_is_on(enter: Enter) -> None:
    reader, writer = await enter("im24"), await enter("wl")
    await asyncio.gather(reader.write_in("source"), writer.write_in("source"))
    await caret_at_end_of(reader.page, "waterschap controleert")
    await reader.page.evaluate(
        "() => document.querySelector('[data-mount=picture]').scrollBy(0, 150)"
    )
    before = await caret_top(reader.page)

    await writer.page.locator(".ProseMirror h2").first.click()
    await writer.page.wait_for_timeout(60)
    await writer.page.keyboard.press("End")
    for _ in range(4):
        await writer.page.keyboard.press("Enter")
        await writer.page.keyboard.type("Erboven.")
    await writer.page.get_by_role("button", name="Nieuw feit").last.click()
    await writer.page.keyboard.type("Nog een feit")
    await expect(reader.page.locator("textarea").first).to_be_visible()
    await converged([reader, writer])
    await reader.page.wait_for_timeout(200)
    assert abs(await caret_top(reader.page) - before) < 2
    assert await reader.page.evaluate(
        "() => document.activeElement.className.includes('ProseMirror')"
    )


async def caret_top(page: Page) -> float:
    top: float = await page.evaluate(
        """() => {
            const selection = getSelection();
            const range = document.createRange();
            range.setStart(selection.anchorNode, Math.max(0, selection.anchorOffset - 1));
            range.setEnd(selection.anchorNode, selection.anchorOffset);
            return range.getBoundingClientRect().top;
        }"""
    )
    return top


async def test_a_right_that_goes_makes_the_open_text_read_only_and_comes_back(enter: Enter) -> None:
    lead, guest = await enter("im24"), await enter("ghor")
    await asyncio.gather(lead.write_in("victims"), guest.write_in("victims"))
    editor = guest.page.locator(".ProseMirror")
    await expect(editor).to_have_attribute("contenteditable", "true")
    await change_role(lead.page, "GHOR", "observer")
    await expect(editor).to_have_attribute("contenteditable", "false", timeout=3_000)
    await expect(guest.page.locator("[role=toolbar]")).to_have_count(0)
    await guest.status("read-only")
    await change_role(lead.page, "GHOR", "editor")
    await expect(editor).to_have_attribute("contenteditable", "true", timeout=3_000)


async def test_phase_grip_and_rights_are_told_to_everybody(enter: Enter) -> None:
    lead, guest = await enter("im24"), await enter("ghor")
    await asyncio.gather(lead.open(), guest.open())
    page = guest.page
    await ask(lead.page, "participations", organisation="23", role="coordinator", grip="0")
    grip = page.locator(".strip-start .grip", has_text="23")
    await expect(grip).to_contain_text("GRIP 0", timeout=3_000)
    await change_role(lead.page, "GHOR", "observer")
    banner = page.locator(".banner", has_text="Uw rol in dit incident is gewijzigd.")
    await expect(banner).to_contain_text("niet schrijven", timeout=3_000)
    await banner.get_by_role("button", name="Sluit").click()
    await expect(banner).to_have_count(0)
    await ask(lead.page, "phase", phase="closed")
    await expect(page.locator(".banner", has_text="Het incident is gesloten")).to_be_visible(
        timeout=3_000
    )
    await expect(page.locator(".strip-start .phase")).to_contain_text("gesloten", ignore_case=True)
    await ask(lead.page, "phase", phase="warm")
    await expect(page.locator(".banner")).to_have_count(0, timeout=3_000)
    await change_role(lead.page, "GHOR", "editor")
    await guest.status("saved")


async def change_role(page: Page, organisation: str, role: str) -> None:
    await ask(page, "participations", organisation=organisation, role=role, grip="")


async def ask(page: Page, what: str, **form: str) -> None:
    """Send one of the forms of the incident's settings, and stay on the page."""
    await page.evaluate(
        """([address, form]) => fetch(address, {
            method: "POST",
            body: new URLSearchParams(form),
            redirect: "manual",
        })""",
        [f"/incidents/{INCIDENT}/{what}", form],
    )


async def test_a_hand_made_link_is_inert_and_pasted_pages_bring_only_words(enter: Enter) -> None:
    ana, bo = await enter("im24"), await enter("rws")
    await asyncio.gather(ana.write_in("accessibility"), bo.write_in("accessibility"))
    await ana.page.evaluate(HAND_MADE)
    shown = bo.page.locator(".ProseMirror p", has_text="klik hier")
    await expect(shown).to_have_count(1)
    assert await shown.locator("a").count() == 0

    await caret_at_end_of(bo.page)
    await bo.page.keyboard.press("Enter")
    await bo.page.evaluate(PASTE, PAGE)
    await expect(bo.page.locator(".ProseMirror p", has_text="Maas, Venlo | 17,9")).to_have_count(1)
    pasted: dict[str, Any] = await bo.page.evaluate(
        """() => ({
            links: [...document.querySelectorAll(".ProseMirror a")].map((one) => one.href)
                .filter((href) => href.includes("pasted")),
            strange: document.querySelectorAll(
                ".ProseMirror :is(img:not(.ProseMirror-separator), script, style, table)").length,
            strong: document.querySelector(".ProseMirror strong")?.textContent,
        })"""
    )
    assert pasted["links"] == ["https://pasted.example/"]
    assert pasted["strange"] == 0
    assert pasted["strong"] == "belangrijk"


HAND_MADE: Final = """
() => {
    const { doc } = globalThis.__samenbeeld.docs.get("picture");
    const root = doc.getXmlFragment("text:accessibility");
    const paragraph = root.get(root.length - 1).clone();
    paragraph.delete(0, paragraph.length);
    const words = root.get(0).get(0).clone();
    words.delete(0, words.length);
    words.insert(0, "klik hier", { link: { href: "javascript:alert(1)" } });
    paragraph.insert(0, [words]);
    root.insert(root.length, [paragraph]);
}
"""

PASTE: Final = """
(page) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", page);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.querySelector(".ProseMirror").dispatchEvent(paste);
}
"""

PAGE: Final = """
<style>p { color: red }</style><script>alert(1)</script>
<p style="color: red" onclick="alert(1)">Dit is <span style="font-weight: bold">belangrijk</span>,
<a href="javascript:alert('pasted')">dit</a> en <a href="https://pasted.example/">dat</a>
<img src="x" onerror="alert(1)"></p>
<table><tr><td>Maas, Venlo</td><td>17,9</td></tr></table>
"""
