"""The whole rights table: written out by hand, so that a change of a rule shows up here."""

from __future__ import annotations

from itertools import product

import pytest

from models.documents import BENCH, DOCUMENTS, DocumentName, parse_document_name
from models.policy import Actor, Standing, may, role_in
from models.vocabulary import IncidentId, OrganisationCode, PersonId, Phase, Role, Verb

OWN, OTHER = OrganisationCode("24"), OrganisationCode("23")

# Who may read and write each kind of document, in the order of the roles:
# o(bserver) l(iaison) e(ditor) c(oordinator); a dot is nobody. Own: named after the actor's
# organisation; other: after another one. The formal ledger is written by no client at all.
TABLE = """
document          read   write
picture           olec   ..ec
picture/own       olec   ..ec
picture/other     ....   ....
signals           olec   .lec
map               olec   ..ec
decisions         olec   ..ec
actions           olec   ..ec
ledger            olec   ....
scratch           olec   ..ec
"""
LETTERS = {Role.OBSERVER: "o", Role.LIAISON: "l", Role.EDITOR: "e", Role.COORDINATOR: "c"}
ROWS = {row[0]: row[1:] for row in (line.split() for line in TABLE.split("\n")[2:]) if row}


def an_actor(role: Role, organisation: OrganisationCode = OWN) -> Actor:
    return Actor(PersonId("p"), "S. Hendrickx", organisation, role)


def a_standing(roles: dict[OrganisationCode, Role], phase: Phase = Phase.WARM) -> Standing:
    return Standing(IncidentId("flood"), phase, roles)


def the_document(row: str) -> DocumentName:
    match row.split("/"):
        case ["scratch"]:
            name = parse_document_name(f"{BENCH}/scratch/1")
        case ["picture", whose]:
            name = parse_document_name(f"flood/picture/{OWN if whose == 'own' else OTHER}")
        case _:
            name = parse_document_name(f"flood/{row}")
    assert name is not None
    return name


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(("as_organisation", "as_person"), list(product(Role, Role)))
def test_reading_and_writing_follow_the_table(
    row: str, phase: Phase, as_organisation: Role, as_person: Role
):
    read, write = ROWS[row]
    effective = min(as_organisation, as_person, key=list(Role).index)
    letter = LETTERS[effective]
    actor, standing = an_actor(as_person), a_standing({OWN: as_organisation}, phase)
    document = the_document(row)
    assert may(actor, Verb.READ, standing, document) is (letter in read)
    allowed = letter in write and phase is not Phase.CLOSED
    assert may(actor, Verb.WRITE, standing, document) is allowed


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize(("as_organisation", "as_person"), list(product(Role, Role)))
def test_only_a_coordinator_of_a_coordinating_organisation_manages_also_when_closed(
    phase: Phase, as_organisation: Role, as_person: Role
):
    actor, standing = an_actor(as_person), a_standing({OWN: as_organisation}, phase)
    both = as_organisation is Role.COORDINATOR and as_person is Role.COORDINATOR
    assert may(actor, Verb.MANAGE, standing) is both


@pytest.mark.parametrize("verb", [Verb.READ, Verb.WRITE, Verb.MANAGE])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("role", Role)
def test_an_organisation_that_takes_no_part_may_nothing(verb: Verb, row: str, role: Role):
    standing = a_standing({OTHER: Role.COORDINATOR})
    assert not may(an_actor(role), verb, standing, the_document(row))
    assert not may(an_actor(role), verb, standing)
    assert not may(an_actor(role), verb, None, the_document(row))


@pytest.mark.parametrize("role", Role)
def test_only_a_person_who_may_coordinate_opens_incidents(role: Role):
    assert may(an_actor(role), Verb.CREATE) is (role is Role.COORDINATOR)


@pytest.mark.parametrize("role", Role)
def test_the_page_itself_is_read_by_all_who_take_part_and_written_by_nobody(role: Role):
    standing = a_standing({OWN: role})
    assert may(an_actor(Role.COORDINATOR), Verb.READ, standing)
    assert not may(an_actor(Role.COORDINATOR), Verb.WRITE, standing)


def test_the_role_in_an_incident_is_the_lower_of_the_two():
    standing = a_standing({OWN: Role.LIAISON})
    assert role_in(an_actor(Role.COORDINATOR), standing) is Role.LIAISON
    assert role_in(an_actor(Role.OBSERVER), standing) is Role.OBSERVER
    assert role_in(an_actor(Role.EDITOR, OTHER), standing) is None


def test_the_table_here_covers_every_kind_of_document():
    kinds = {the_document(row).kind.name for row in ROWS}
    assert kinds == {kind.name for kind in DOCUMENTS}


@pytest.mark.parametrize(
    "name",
    [
        "flood",
        "flood/",
        "/picture",
        "flood/pictures",
        "flood/picture/",
        "flood/picture/a/b",
        "flood/picture/..%2f",
        "flood/scratch/1",
        "Flood/picture",
        "flood/ledger/24",
        "flood//picture",
        "flo\nod/picture",
    ],
)
def test_a_name_outside_the_table_names_nothing(name: str):
    assert parse_document_name(name) is None
