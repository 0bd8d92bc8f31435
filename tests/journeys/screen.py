"""A person behind a screen: one browser context, one page, and what went wrong on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, Page, expect

PASSWORD: Final = "oefening-2021"
INCIDENT: Final = "limburg-2021"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

# A cut line is what some journeys are about: the browser's own word for it is no mistake of ours.
EXPECTED: Final = ("WebSocket connection to", "net::ERR_")


@dataclass
class Screen:
    """A signed-in person's page. `mistakes` are the errors of its console, CSP's among them."""

    person: str
    page: Page
    address: str
    mistakes: list[str] = field(default_factory=list)

    async def open(self, place: str = "beeld/summary", incident: str = INCIDENT) -> None:
        """Open an incident at a place of its address, and wait until it can be worked in."""
        await self.page.goto(f"{self.address}/incidents/{incident}#{place}")
        await self.page.wait_for_selector(".workspace[data-live]")

    async def write_in(self, theme: str, incident: str = INCIDENT) -> None:
        """Open the text of a theme; the editor is there when this returns."""
        await self.open(f"beeld/{theme}", incident)
        await self.page.wait_for_selector(f'[data-writes="picture|{theme}||text"] .ProseMirror')

    async def text(self) -> str:
        """What the open editor shows, without the labels of others' cursors."""
        shown: str = await self.page.evaluate(
            """() => {
                const text = document.querySelector(".ProseMirror").cloneNode(true);
                for (const label of text.querySelectorAll(".cursor")) label.remove();
                return [...text.children].map((block) => block.textContent).join("\\n");
            }"""
        )
        return shown

    async def status(self, word: str, timeout: float = 10_000) -> None:
        """Wait until the status word is this one."""
        shown = self.page.locator(f'[data-mount=status] [data-status="{word}"]')
        await expect(shown).to_be_visible(timeout=timeout)

    async def shows(self, selector: str, text: str, timeout: float = 5_000) -> None:
        """Wait until an element shows (or, for a field, holds) this text."""
        element = self.page.locator(selector).first
        is_field = await element.evaluate("(element) => 'value' in element")
        if is_field:
            await expect(element).to_have_value(text, timeout=timeout)
        else:
            await expect(element).to_have_text(text, timeout=timeout)

    async def accessibility(self) -> list[str]:
        """What axe has against the page as it is now, one line a rule."""
        await self.page.evaluate(f"() => {{ {AXE.read_text()} }}")
        found: list[dict[str, Any]] = await self.page.evaluate(
            """async () => {
                const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
                const { violations } = await globalThis.axe.run({ runOnly: tags });
                return violations.map(({ id, help, nodes }) => ({
                    id, help, where: nodes.map((node) => node.target.join(" ")),
                }));
            }"""
        )
        return [f"{one['id']}: {one['help']} ({', '.join(one['where'][:4])})" for one in found]

    def hear(self) -> None:
        """Take down what the console says from now on."""
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("pageerror", lambda error: self.mistakes.append(f"{self.person}: {error}"))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not any(word in text for word in EXPECTED):
            self.mistakes.append(f"{self.person}: {text}")


async def sign_in(
    context: BrowserContext,
    address: str,
    person: str,
    *,
    own_device: bool = False,
    password: str = PASSWORD,
) -> Screen:
    """Sign `person` in through the form; the screen is at the list of incidents."""
    screen = Screen(person, await context.new_page(), address)
    screen.hear()
    await screen.page.goto(f"{address}/sign-in")
    await screen.page.fill("input[name=username]", person)
    await screen.page.fill("input[name=password]", password)
    if own_device:
        await screen.page.check("input[name=own_device]")
    await screen.page.press("input[name=password]", "Enter")
    await screen.page.wait_for_url("**/incidents")
    return screen


@asynccontextmanager
async def a_screen(
    browser: Browser,
    address: str,
    person: str,
    *,
    width: int = 1440,
    height: int = 900,
    own_device: bool = False,
    **options: Any,
) -> AsyncIterator[Screen]:
    """A person in a browser of their own, gone at the end."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="nl-NL", **options
    )
    try:
        yield await sign_in(context, address, person, own_device=own_device)
    finally:
        await context.close()
