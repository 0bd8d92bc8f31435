"""web/src/contract.gen.ts is what the present enums and tables say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from models.documents import DOCUMENTS
from models.vocabulary import Role
from server import contract
from sync.errors import CloseCode, Refusal
from sync.messages import MessageType


def test_the_contract_file_is_up_to_date() -> None:
    present = contract.CONTRACT_FILE.read_text(encoding="utf-8")
    assert present == contract.generate(), "run python -m server.contract"


def block(name: str) -> str:
    """The body of `export const NAME = …` in the generated text."""
    found = re.search(rf"export const {name} = (.*?) as const;", contract.generate(), re.DOTALL)
    assert found is not None, name
    return found[1]


@pytest.mark.parametrize("numbers", [MessageType, CloseCode])
def test_every_number_of_the_wire_is_in_the_contract(
    numbers: type[MessageType] | type[CloseCode],
) -> None:
    found = re.findall(r"(\w+): (\d+)", block(numbers.__name__))
    assert found == [(member.name, str(member.value)) for member in numbers]


@pytest.mark.parametrize(("name", "words"), [("ROLES", Role), ("REFUSALS", Refusal)])
def test_every_closed_list_is_in_the_contract(name: str, words: type[Role]) -> None:
    assert json.loads(block(name)) == [member.value for member in words]


def test_the_contract_has_every_document_with_its_writers() -> None:
    found = re.findall(r'"([^"]+)": \{.*?writers: (\[[^\]]*\])', block("DOCUMENTS"))
    assert {name: set(json.loads(writers)) for name, writers in found} == {
        kind.name: {role.value for role in kind.writers} for kind in DOCUMENTS
    }


def test_a_stale_contract_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "contract.gen.ts"
    monkeypatch.setattr(contract, "CONTRACT_FILE", stale)
    assert contract.main(["--check"]) == 1
    assert "run python -m server.contract" in capsys.readouterr().err
    assert contract.main([]) == 0
    assert contract.main(["--check"]) == 0
    stale.write_text(stale.read_text().replace("4401", "4402"))
    assert contract.main(["--check"]) == 1
