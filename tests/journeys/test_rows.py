"""Journeys through the lists: the focus stays with the row, and what was removed can come back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Enter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_focus_follows_a_row_that_opens_and_closes(enter: Enter) -> None:
    page = (screen := await enter("im24")).page
    await screen.open("beeld/source")
    row = page.locator("sb-actions [data-row]").first
    await row.locator(".action-open").click()
    await expect(row.locator("textarea").first).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(row).to_be_focused()
    await expect(row.locator(".action-open")).to_be_visible()


async def test_a_removed_action_is_put_back_by_its_button(enter: Enter) -> None:
    page = (screen := await enter("im24")).page
    await screen.open("beeld/source")
    rows = page.locator("sb-actions [data-row]")
    first = await rows.first.get_attribute("data-row")
    before = await rows.count()
    await rows.first.locator(".action-open").click()
    await page.locator("sb-actions .row-remove").click()
    await expect(rows).to_have_count(before - 1)
    await page.locator(".toast-offer").click()
    await expect(page.locator(f'sb-actions [data-row="{first}"]')).to_be_focused()
    await expect(rows).to_have_count(before)
    await expect(page.locator(".rows-new, .toast")).to_have_count(0)


async def test_who_only_reads_is_offered_nothing_that_writes(enter: Enter) -> None:
    page = (screen := await enter("jenv")).page
    await screen.open("acties")
    await expect(page.locator(".centre .action-cells").first).to_be_visible()
    await page.keyboard.press("Control+k")
    offered = await page.locator(".palette-title").all_inner_texts()
    assert "Acties" in offered
    assert not {"Nieuwe actie", "Nieuw besluit", "Nieuw feit", "Vet"} & set(offered)
