"""The one file that the browser's side shares with ours, generated from our own enums and tables.

`python -m server.contract` writes web/src/contract.gen.ts; with `--check` it writes nothing and
fails when the file is not what would be written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Final

from models.documents import DOCUMENTS, DocumentKind
from models.vocabulary import (
    ActionState,
    OrganisationKind,
    Phase,
    Priority,
    Role,
    Theme,
    Tlp,
)
from sync.errors import CATALOGUE, CloseCode, Refusal
from sync.messages import AuthType, MessageType, SyncType

CONTRACT_FILE: Final = Path(__file__).parents[1] / "web" / "src" / "contract.gen.ts"

_HEAD: Final = "// Made by `python -m server.contract` from models/ and sync/. Do not edit."

_NUMBERS: Final[tuple[type[IntEnum], ...]] = (MessageType, SyncType, AuthType, CloseCode)
_WORDS: Final[dict[str, type[StrEnum]]] = {
    "ROLES": Role,
    "PHASES": Phase,
    "ORGANISATION_KINDS": OrganisationKind,
    "TLPS": Tlp,
    "ACTION_STATES": ActionState,
    "PRIORITIES": Priority,
    "THEMES": Theme,
    "REFUSALS": Refusal,
}


def generate() -> str:
    """The text of web/src/contract.gen.ts as it must be."""
    parts = [
        _HEAD,
        *(_numbers(numbers) for numbers in _NUMBERS),
        *(_words(name, words) for name, words in _WORDS.items()),
        _refusal_meanings(),
        _documents(DOCUMENTS),
    ]
    return "\n\n".join(parts) + "\n"


def _numbers(numbers: type[IntEnum]) -> str:
    lines = [f"  {member.name}: {member.value}," for member in numbers]
    return _constant(numbers.__name__, lines)


def _words(name: str, words: type[StrEnum]) -> str:
    values = ", ".join(json.dumps(member.value) for member in words)
    return (
        f"export const {name} = [{values}] as const;\n"
        f"export type {words.__name__} = (typeof {name})[number];"
    )


def _refusal_meanings() -> str:
    """Per refusal: the close code where a socket ends on it, and whether to try again unasked."""
    lines = [
        f"  {json.dumps(refusal.value)}: {{ close: {meaning.close.value}, "
        f"retry: {json.dumps(meaning.retry)} }},"
        for refusal, meaning in CATALOGUE.items()
    ]
    return _constant("REFUSAL_MEANINGS", lines)


def _documents(kinds: Iterable[DocumentKind]) -> str:
    lines = [
        f"  {json.dumps(kind.name)}: {{ channel: {json.dumps(kind.channel.value)}, "
        f"audience: {json.dumps(kind.audience.value)}, readers: {_members(kind.readers)}, "
        f"writers: {_members(kind.writers)} }},"
        for kind in kinds
    ]
    return _constant("DOCUMENTS", lines)


def _members(members: Iterable[Enum]) -> str:
    ordered = [role.value for role in Role if role in set(members)]
    return json.dumps(ordered)


def _constant(name: str, lines: list[str]) -> str:
    return "\n".join([f"export const {name} = {{", *lines, "} as const;"])


def main(arguments: list[str]) -> int:
    """Writes the file, or with --check compares it; returns the exit status."""
    wanted = generate()
    if arguments == ["--check"]:
        present = CONTRACT_FILE.read_text(encoding="utf-8") if CONTRACT_FILE.exists() else ""
        if present == wanted:
            return 0
        sys.stderr.write(f"{CONTRACT_FILE.name} is stale: run python -m server.contract\n")
        return 1
    CONTRACT_FILE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
