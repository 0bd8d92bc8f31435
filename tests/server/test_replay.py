"""The replay end to end: simulated people, real sockets, a real server in a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment

from server.demo import pen
from server.demo.door import Door, DoorShut, base_of
from server.demo.entries import GripEntry, Line, PhaseEntry
from server.demo.material import FLOOD, cast, document_of, moment, story_of
from server.demo.plan import cues, remaining
from server.demo.player import CHANGES_A_SECOND, Pace
from server.demo.sheet import Sheet
from server.participant import OpenDocument, Participant
from server.replay import NEW, Outcome, Wish, replay
from sync.messages import Awareness, FromServer
from sync.presence import Sighting, parse_sightings
from sync.shapes import Node, read_actions, read_decisions, read_picture
from tests.demo_process import DemoProcess, a_demo, samenbeeld

EVENING_OF_13_JULY = moment("2021-07-13T23:00")
FAST = 200.0


class Watcher(Participant):
    """Somebody who looks on, and remembers who was seen where."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__(url, headers)
        self.seen: list[Sighting] = []

    def _take(self, document: OpenDocument, message: FromServer) -> None:
        if isinstance(message, Awareness):
            self.seen += parse_sightings(message.update)
        super()._take(document, message)

    def places(self) -> dict[str, list[dict[str, Any]]]:
        """The states that were seen, by the organisation that the server says it is."""
        found: dict[str, list[dict[str, Any]]] = {}
        for state in (json.loads(one.state) for one in self.seen):
            if state and "user" in state:
                found.setdefault(state["user"]["organisation"], []).append(state)
        return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with a_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


async def signed_in(demo: DemoProcess, username: str = "jenv") -> Door:
    door = Door(demo.http)
    await door.sign_in(username, cast().password)
    return door


async def room(demo: DemoProcess, incident: str, username: str = "im24") -> dict[str, Doc[Any]]:
    """The documents of an incident as the server has them."""
    door = await signed_in(demo, username)
    async with Participant(door.collab, door.headers) as line:
        names = ("picture", "decisions", "actions")
        return {name: (await line.open(f"{incident}/{name}")).doc for name in names}


def told_until(end: datetime) -> dict[str, Doc[Any]]:
    """The same documents written at once, as the seed does."""
    docs: dict[str, Doc[Any]] = {name: Doc() for name in ("picture", "decisions", "actions")}
    for deed in story_of(FLOOD).until(end):
        if not isinstance(deed, GripEntry | PhaseEntry):
            sheet = Sheet(docs[document_of(deed)], story_of(FLOOD), datetime.now(UTC))
            for _ in pen.write(sheet, deed):
                pass
    return docs


def contents(docs: dict[str, Doc[Any]]) -> dict[str, Any]:
    """What people read, without the moments of writing; paragraphs of a section in any order."""
    themes = [theme.value for theme, _ in story_of(FLOOD).themes]
    picture = read_picture(docs["picture"], themes)
    return {
        "texts": {each.theme: sorted(map(text_of, each.content)) for each in picture},
        "facts": [(fact.label, fact.value) for each in picture for fact in each.facts],
        "decisions": [(row.title, row.text) for row in read_decisions(docs["decisions"])],
        "actions": [(row.what, row.state) for row in read_actions(docs["actions"])],
    }


def text_of(node: Node) -> str:
    return node.text + "".join(text_of(child) for child in node.content)


def a_look_at(docs: dict[str, Doc[Any]]) -> Callable[[Any], Sheet]:
    return lambda deed: Sheet(docs[document_of(deed)], story_of(FLOOD), datetime.now(UTC))


async def run(demo: DemoProcess, **wishes: Any) -> Outcome:
    said: list[str] = []
    wish = Wish(demo.http, speed=FAST, **wishes)
    return await replay(wish, said.append, asyncio.Event())


async def test_a_new_incident_comes_alive_as_the_story_tells(demo: DemoProcess) -> None:
    outcome = await run(demo, into=NEW, end=EVENING_OF_13_JULY)
    assert (outcome.stopped, outcome.unsaved) == (False, [])
    assert outcome.deeds == len(story_of(FLOOD).until(EVENING_OF_13_JULY))
    assert contents(await room(demo, outcome.incident)) == contents(told_until(EVENING_OF_13_JULY))
    incident = await (await signed_in(demo)).incident(outcome.incident)
    grips = {each["code"]: each["grip"] for each in incident["organisations"]}
    assert (incident["phase"], incident["exercise"], grips["24"]) == ("warm", True, 2)


async def test_the_replay_goes_on_where_the_seeded_room_stands(demo: DemoProcess) -> None:
    end = moment("2021-07-17T09:00")
    outcome = await run(demo, end=end)
    shown = story_of(FLOOD).shown_at
    assert outcome.deeds == len([deed for deed in story_of(FLOOD).until(end) if deed.at > shown])
    docs = await room(demo, FLOOD)
    assert contents(docs) == contents(told_until(end))
    assert remaining(story_of(FLOOD), a_look_at(docs), end=end) == []


async def test_who_looks_on_sees_people_type_and_where_they_are(demo: DemoProcess) -> None:
    door = await signed_in(demo)
    incident = await (await signed_in(demo, "im24")).open_incident(story_of(FLOOD))
    lengths: set[int] = set()
    async with Watcher(door.collab, door.headers) as watcher:
        picture = await watcher.open(f"{incident}/picture")

        def look() -> bool:
            lengths.add(sum(len(text_of(node)) for node in summary(picture.doc)))
            return False

        watching = asyncio.create_task(watcher.until(look, patience=60))
        wish = Wish(demo.http, speed=8, into=incident, end=moment("2021-07-12T17:05"))
        await replay(wish, lambda _: None, asyncio.Event())
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert len(lengths) > 10
    places = watcher.places()
    assert {"23", "24", "WL", "RWS", "DEF"} <= set(places)
    assert "JenV" not in places
    typing = places["23"][-1]
    assert typing["place"] == {"document": "picture", "theme": "summary", "field": "text"}
    assert typing["cursor"]["anchor"]["type"]["clock"] > 0
    assert typing["cursor"]["moves"] > 3
    assert typing["user"]["name"] == "L. Janssen"


def summary(doc: Doc[Any]) -> tuple[Node, ...]:
    return read_picture(doc, ["summary"])[0].content


def _after(count: int, act: Callable[[], None]) -> Callable[[str], None]:
    """A listener that lets `act` happen a moment after so many lines."""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        if len(heard) == count:
            asyncio.get_running_loop().call_later(0.3, act)

    return hear


async def test_a_paragraph_wiped_under_the_writers_hands_harms_nobody(demo: DemoProcess) -> None:
    door = await signed_in(demo, "im24")
    incident = await door.open_incident(story_of(FLOOD))
    async with Participant(door.collab, door.headers) as wiper:
        picture = await wiper.open(f"{incident}/picture")
        fragment = picture.doc.get("text:summary", type=XmlFragment)
        wiped: list[str] = []

        def wipe() -> bool:
            blocks = [block for block in fragment.children if isinstance(block, XmlElement)]
            if not wiped and len(blocks) == 2 and len(letters(blocks[1])) > 20:
                wiped.append(letters(blocks[1]))
                del fragment.children[1]
            return bool(wiped)

        wiping = asyncio.create_task(wiper.until(wipe, patience=60))
        wish = Wish(demo.http, speed=6, into=incident, end=moment("2021-07-12T17:05"))
        outcome = await replay(wish, lambda _: None, asyncio.Event())
        await wiping
        await wiper.saved()
    assert (outcome.deeds, outcome.unsaved) == (1, [])
    assert len(wiped[0]) < len(story_of(FLOOD).timeline[0].text)  # type: ignore[union-attr]
    docs = await room(demo, incident)
    assert [text_of(node) for node in summary(docs["picture"])] == ["Stand van zaken"]


def letters(block: XmlElement) -> str:
    return "".join(str(child) for child in block.children)


async def test_a_server_that_is_killed_and_comes_back_gets_it_all_once(tmp_path: Path) -> None:
    with a_demo(tmp_path) as demo:
        incident = await (await signed_in(demo, "im24")).open_incident(story_of(FLOOD))
        wish = Wish(demo.http, speed=60, into=incident, end=EVENING_OF_13_JULY)
        killing = asyncio.Event()
        going = asyncio.create_task(replay(wish, _after(6, killing.set), asyncio.Event()))
        await killing.wait()
        await asyncio.to_thread(demo.stop, signal.SIGKILL)
        await asyncio.to_thread(demo.start)
        outcome = await going
        assert (outcome.stopped, outcome.unsaved) == (False, [])
        assert contents(await room(demo, incident)) == contents(told_until(EVENING_OF_13_JULY))


# --- what is asked for and cannot be -------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (Wish("nowhere"), "no address of a server"),
        (Wish("http://127.0.0.1:9", speed=0), "more than 0"),
        (Wish("http://127.0.0.1:9", incident="elfstedentocht"), "no story 'elfstedentocht'"),
        (Wish("http://127.0.0.1:9"), "No server answers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_wish_that_cannot_be_is_refused_in_words(wish: Wish, says: str) -> None:
    with pytest.raises(DoorShut, match=says):
        await replay(wish, lambda _: None, asyncio.Event())


async def test_an_incident_without_the_demos_people_is_refused(demo: DemoProcess) -> None:
    with pytest.raises(DoorShut, match="is not let in: unknown-document"):
        await run(demo, into="nergens")


async def test_a_wrong_password_is_refused_in_words(demo: DemoProcess) -> None:
    with pytest.raises(DoorShut, match="start the server with --demo"):
        await Door(demo.http).sign_in("im24", "not this")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("ws://localhost:8000/collab", "http://localhost:8000"),
        ("wss://samenbeeld.example", "https://samenbeeld.example"),
        ("http://127.0.0.1:8000/incidents", "http://127.0.0.1:8000"),
    ],
)
def test_any_address_of_the_server_will_do(url: str, base: str) -> None:
    assert base_of(url) == base


# --- pace and plan -------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1, 4, 60, 1000])
def test_typing_is_as_fast_as_asked_in_few_enough_changes(speed: float) -> None:
    pace, text = Pace(speed), "De Maas bij Sint Pieter stijgt: 3.260 m³/s 🌊. " * 30
    assert "".join(pace.cut(text)) == text
    assert pace.portion / pace.pause == pytest.approx(9 * speed)
    assert 1 / pace.pause <= CHANGES_A_SECOND * 1.5


def test_quiet_hours_are_short_and_divided_by_the_speed() -> None:
    deeds = story_of(FLOOD).timeline
    pauses = [cue.quiet for cue in cues(deeds, 4)]
    assert pauses[0] == 0
    assert max(pauses) == 5.0


def test_from_a_moment_on_means_all_that_is_not_there_yet() -> None:
    look = a_look_at(told_until(EVENING_OF_13_JULY))
    start, end = moment("2021-07-13T21:00"), moment("2021-07-14T13:30")
    todo = remaining(story_of(FLOOD), look, start, end)
    assert [deed.id for deed in todo] == ["14-grip-24", "14-samenvatting-1"]


# --- the command ---------------------------------------------------------------------------------


def the_command(*arguments: str) -> subprocess.Popen[str]:
    return samenbeeld(["replay", *arguments], subprocess.PIPE)


async def test_the_command_stops_in_good_order_and_the_next_completes_it(
    demo: DemoProcess,
) -> None:
    process = the_command("--url", demo.http, "--speed", "4", "--into", "new")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    assert re.search(r"10 people, \d+ things to do", lines[0])
    assert lines[1].startswith("12 Jul 17:00    23  summary: Voor Limburg")
    await asyncio.sleep(1)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest
    stopped = re.search(r"Stopped: \d+ things in \d+ changes, .* incident ([a-z0-9-]+)\.", rest)
    assert stopped is not None, rest
    look = a_look_at(await room(demo, stopped[1]))
    first = story_of(FLOOD).timeline[0]
    assert isinstance(first, Line)
    assert pen.is_begun(look(first), first)
    await run(demo, into=stopped[1], end=EVENING_OF_13_JULY)
    assert contents(await room(demo, stopped[1])) == contents(told_until(EVENING_OF_13_JULY))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--url", "http://127.0.0.1:9"), "No server answers at http://127.0.0.1:9"),
        (("--from", "gisteren"), "'gisteren' is no moment"),
    ],
)
def test_the_command_refuses_in_words(arguments: tuple[str, ...], says: str) -> None:
    process = the_command(*arguments)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert says in said
    assert "Traceback" not in said
