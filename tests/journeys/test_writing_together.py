"""Three browsers of three organisations in one sentence, one decision, one list of actions."""

from __future__ import annotations

import asyncio
import os
import statistics
from typing import Final

import pytest
from playwright.async_api import Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.screen import Screen

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

THREE: Final = ("im24", "wl", "rws")
LETTERS: Final = "xqy"
"""One letter a person, none of which the sentence itself has."""
KEYS: Final = 25
"""Keys each person types in a run."""
RUNS: Final = 3
LIMIT_MS: Final = 100
PAUSE: Final = 0.12
"""Seconds between two keys of one person: a fast typist."""

RECORDER: Final = """
(letters) => {
    const editor = document.querySelector(".ProseMirror");
    const moment = () => performance.timeOrigin + performance.now();
    const told = { typed: [], seen: Object.fromEntries([...letters].map((one) => [one, []])) };
    const textOf = (node) => {
        const copy = node.cloneNode(true);
        for (const label of copy.querySelectorAll(".cursor")) label.remove();
        return copy.textContent;
    };
    const count = (text, letter) => text.split(letter).length - 1;
    const begin = Object.fromEntries([...letters].map((one) => [one, count(textOf(editor), one)]));
    editor.addEventListener("keydown", () => told.typed.push(moment()), true);
    const look = () => requestAnimationFrame(() => {
        const text = textOf(editor);
        for (const letter of letters) {
            const news = count(text, letter) - begin[letter] - told.seen[letter].length;
            for (let i = 0; i < news; i++) told.seen[letter].push(moment());
        }
    });
    const everything = { childList: true, characterData: true, subtree: true };
    new MutationObserver(look).observe(editor, everything);
    globalThis.told = told;
}
"""


async def three_in(enter: Enter, theme: str) -> list[Screen]:
    screens = [await enter(person) for person in THREE]
    await asyncio.gather(*(screen.write_in(theme) for screen in screens))
    return screens


async def caret_at_end_of(page: Page, sentence: str = "") -> None:
    """Put the caret behind `sentence`, as a click there would; without one behind all text."""
    await page.evaluate(
        """(sentence) => {
            const editor = document.querySelector(".ProseMirror");
            const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
            const texts = [];
            while (walker.nextNode()) texts.push(walker.currentNode);
            const text = texts.findLast((one) => one.data.includes(sentence));
            if (text === undefined) throw new Error("the sentence is not there");
            editor.focus();
            const place = text.data.indexOf(sentence) + sentence.length;
            getSelection().collapse(text, sentence === "" ? text.data.length : place);
        }""",
        sentence,
    )
    # just after it got the focus, the editor puts its own selection back once
    await asyncio.sleep(0.06)


async def all_show(screens: list[Screen], text: str, within: float = 5.0) -> None:
    until = asyncio.get_running_loop().time() + within
    for screen in screens:
        while text not in await screen.text():
            assert asyncio.get_running_loop().time() < until, await screen.text()
            await asyncio.sleep(0.05)


async def converged(screens: list[Screen], within: float = 5.0) -> str:
    """What all show, as soon as it is the same."""
    until = asyncio.get_running_loop().time() + within
    while True:
        texts = {await screen.text() for screen in screens}
        if len(texts) == 1:
            return texts.pop()
        assert asyncio.get_running_loop().time() < until, texts
        await asyncio.sleep(0.05)


@pytest.mark.timing
async def test_three_type_in_one_sentence_and_see_each_other_within_a_tenth_of_a_second(
    enter: Enter,
) -> None:
    screens = await three_in(enter, "forecast")
    first = screens[0].page
    await caret_at_end_of(first)
    await first.keyboard.press("Enter")
    await first.keyboard.type("De Maas zakt. ")
    await all_show(screens, "De Maas zakt.")
    for screen in screens:
        await caret_at_end_of(screen.page, "De Maas")
        await screen.page.evaluate(RECORDER, LETTERS)

    runs: list[float] = []
    for _ in range(RUNS):
        await asyncio.gather(
            *(type_keys(screen, key) for screen, key in zip(screens, LETTERS, strict=True))
        )
        text = await converged(screens)
        runs.append(percentile_95(await latencies(screens)))
    assert all(text.count(letter) == RUNS * KEYS for letter in LETTERS), text
    for screen in screens:
        await screen.status("saved")
    median = statistics.median(runs)
    shown = ", ".join(f"{run:.1f}" for run in runs)
    print(f"\nedit to screen, p95 of {RUNS} runs: {shown} ms; median {median:.1f} ms")
    if median >= LIMIT_MS and is_busy():
        pytest.skip(f"the machine is too busy with other work to measure on: {median:.0f} ms")
    assert median < LIMIT_MS


def is_busy() -> bool:
    """Whether far more wants to run than this test brings: figures would say nothing then."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


async def type_keys(screen: Screen, letter: str) -> None:
    for _ in range(KEYS):
        await screen.page.keyboard.press(letter)
        await asyncio.sleep(PAUSE)


async def latencies(screens: list[Screen]) -> list[float]:
    """From a key going down to the letter being painted, for every pair; empties the recorders."""
    for screen in screens:
        # the last letters are in the document and may not be on the screen yet
        await screen.page.wait_for_function(
            "(keys) => Object.values(globalThis.told.seen).every((one) => one.length % keys === 0)",
            arg=KEYS,
        )
    told = [await screen.page.evaluate("() => globalThis.told") for screen in screens]
    pairs = [
        (down, seen)
        for writer, letter in enumerate(LETTERS)
        for reader in range(len(screens))
        if reader != writer
        for down, seen in zip(
            told[writer]["typed"][-KEYS:], told[reader]["seen"][letter][-KEYS:], strict=True
        )
    ]
    return [seen - down for down, seen in pairs]


def percentile_95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def test_undo_takes_back_ones_own_words_and_nobody_elses(enter: Enter) -> None:
    screens = await three_in(enter, "impact")
    ana, bo = screens[0], screens[1]
    before = await ana.text()
    await undo_all(ana)
    assert await ana.text() == before, "undo in a fresh page took something away"

    await caret_at_end_of(ana.page)
    await ana.page.keyboard.press("Enter")
    await ana.page.keyboard.type("Mijn woorden.")
    await all_show(screens, "Mijn woorden.")
    await caret_at_end_of(bo.page, "Mijn")
    await bo.page.keyboard.type(" en uw")
    await all_show(screens, "Mijn en uw woorden.")
    await undo_all(ana)
    text = await converged(screens)
    assert [word in text for word in ("en uw", "Mijn", "woorden")] == [True, False, False], text
    await undo_all(bo)
    assert (await converged(screens)).rstrip() == before.rstrip()


async def undo_all(screen: Screen) -> None:
    """More often than there is anything of one's own to take back."""
    for _ in range(8):
        await screen.page.locator(".ProseMirror").press("Control+z")


async def test_three_write_one_decision_and_one_list_of_actions(enter: Enter) -> None:
    screens = await three_in(enter, "summary")
    for screen in screens:
        await screen.page.locator("[data-mount=decisions] .decision-open").first.click()
    title = "[data-mount=decisions] [data-field=title] textarea"
    await asyncio.gather(
        *(
            screen.page.locator(title).press_sequentially(f"{word} ", delay=5)
            for screen, word in zip(screens, ("Eerst", "Daarna", "Tenslotte"), strict=True)
        )
    )
    values = await same_in_all(screens, title)
    assert all(word in values for word in ("Eerst", "Daarna", "Tenslotte")), values

    actions = ("Pompen halen", "Dijk bellen", "Sluis dicht")
    what = "[data-mount=actions] [data-field=what] textarea"
    for screen, words in zip(screens, actions, strict=True):
        await screen.page.click("[data-mount=actions-tools] button")
        await screen.page.locator(what).press_sequentially(words, delay=5)
    # the first has the list in hand: what others added waits until it is asked for
    first = screens[0].page
    await expect(first.locator("[data-mount=actions] .rows-new")).to_have_text("2 nieuw")
    await first.click("[data-mount=actions] .rows-new button")
    for screen in screens:
        await screen.page.locator("[data-mount=actions]").press("Escape")
        await screen.page.click(".picture-title")
        for words in actions:
            row = screen.page.locator(f"[data-mount=actions] [data-row][aria-label='{words}']")
            await expect(row).to_have_count(1)
        await screen.status("saved")


async def same_in_all(screens: list[Screen], field: str, within: float = 5.0) -> str:
    until = asyncio.get_running_loop().time() + within
    while True:
        values = {await screen.page.locator(field).input_value() for screen in screens}
        if len(values) == 1:
            return values.pop()
        assert asyncio.get_running_loop().time() < until, values
        await asyncio.sleep(0.05)
