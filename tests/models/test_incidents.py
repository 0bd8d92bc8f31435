"""Incidents and who takes part in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from models import incidents
from models.incidents import IncidentTheme, NewIncident
from models.tables import heads, updates
from models.vocabulary import (
    IncidentId,
    OrganisationCode,
    Phase,
    Role,
    Theme,
    Tlp,
    is_incident_id,
)
from tests.rows import NIGHT, a_database, a_person, an_incident


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = a_database(tmp_path)
    with database.writer.begin() as connection:
        yield connection
    database.dispose()


def test_the_creators_organisation_coordinates_whatever_it_asked_for(connection: Connection):
    ana = a_person(connection)
    others = {"24": Role.OBSERVER, "23": Role.EDITOR, "RWS": Role.LIAISON}
    id = an_incident(connection, ana, others)
    standing = incidents.standing(connection, id)
    assert standing is not None
    assert standing.roles == {"24": Role.COORDINATOR, "23": Role.EDITOR, "RWS": Role.LIAISON}
    incident = incidents.find(connection, id)
    assert incident is not None
    assert incident.standing() == standing
    assert [each.code for each in incident.participations] == ["24", "23", "RWS"]
    assert incident.participations[0].name == "Zuid-Limburg"


def test_everything_that_was_filled_in_is_kept(connection: Connection):
    themes = (IncidentTheme(Theme.SOURCE, "Bron en waterstanden"), IncidentTheme(Theme.VITAL))
    new = NewIncident("Hoogwater", Phase.TEPID, True, Tlp.RED, themes, 45)
    id = incidents.create(connection, new, a_person(connection).actor(), now=NIGHT)
    found = incidents.find(connection, id)
    assert found is not None
    assert (found.phase, found.exercise, found.tlp) == (Phase.TEPID, True, Tlp.RED)
    assert (found.themes, found.rhythm, found.created_at) == (themes, 45, NIGHT)


def test_an_organisation_sees_its_incidents_only_the_last_written_first(connection: Connection):
    ana = a_person(connection)
    first = an_incident(connection, ana, title="Eerste")
    second = an_incident(connection, ana, {"23": Role.EDITOR}, title="Tweede")
    _write(connection, f"{first}/picture", NIGHT + timedelta(hours=1))
    listed = incidents.list_for(connection, OrganisationCode("24"))
    assert [each.id for each in listed] == [first, second]
    assert [each.id for each in incidents.list_for(connection, OrganisationCode("23"))] == [second]
    assert incidents.list_for(connection, OrganisationCode("22")) == ()


def test_the_last_write_is_the_newest_row_of_its_own_documents(connection: Connection):
    id = an_incident(connection, a_person(connection), title="Flood")
    assert incidents.last_write(connection, id) is None
    _write(connection, f"{id}/picture/24", NIGHT + timedelta(minutes=5))
    _write(connection, f"{id}/actions", NIGHT + timedelta(minutes=9))
    _write(connection, f"{id}-2/picture", NIGHT + timedelta(minutes=30))
    assert incidents.last_write(connection, id) == NIGHT + timedelta(minutes=9)


def _write(connection: Connection, document: str, at: datetime) -> None:
    position = {"document": document, "epoch": 1, "seq": 1, "hash": b"h" * 32}
    author = {"person": "p", "organisation": "24", "payload": b""}
    connection.execute(heads.insert().values(position))
    ms = int(at.astimezone(UTC).timestamp() * 1000)
    connection.execute(updates.insert().values({**position, **author, "at": ms}))


def test_a_closed_incident_says_when_and_can_be_opened_again(connection: Connection):
    id = an_incident(connection, a_person(connection))
    incidents.change_phase(connection, id, Phase.CLOSED, NIGHT)
    found = incidents.find(connection, id)
    assert found is not None
    assert found.phase is Phase.CLOSED
    incidents.change_phase(connection, id, Phase.WARM, NIGHT)
    standing = incidents.standing(connection, id)
    assert standing is not None
    assert standing.phase is Phase.WARM


def test_participations_are_set_changed_and_ended(connection: Connection):
    id = an_incident(connection, a_person(connection), {"23": Role.EDITOR})
    venlo = OrganisationCode("23")
    incidents.set_participation(connection, id, venlo, Role.OBSERVER, 4)
    found = incidents.find(connection, id)
    assert found is not None
    assert [(e.code, e.role, e.grip) for e in found.participations][1:] == [("23", "observer", 4)]
    incidents.end_participation(connection, id, venlo)
    standing = incidents.standing(connection, id)
    assert standing is not None
    assert set(standing.roles) == {"24"}


@pytest.mark.parametrize(("organisation", "grip"), [("26", 0), ("23", 6), ("23", -1)])
def test_an_unknown_organisation_or_grip_is_refused(
    connection: Connection, organisation: str, grip: int
):
    id = an_incident(connection, a_person(connection))
    with pytest.raises(IntegrityError):
        incidents.set_participation(
            connection, id, OrganisationCode(organisation), Role.EDITOR, grip
        )


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hoogwater Limburg 2021", "hoogwater-limburg-2021"),
        ("  Coördinatie: 's-Hertogenbosch!  ", "coordinatie-s-hertogenbosch"),
        ("水", "incident"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 200, "x" * 56),
    ],
)
def test_any_title_gives_an_id_that_fits_an_address(title: str, slug: str):
    assert incidents.slug_of(title) == slug
    assert is_incident_id(slug)


def test_an_id_is_never_given_twice_nor_one_that_means_something_else(connection: Connection):
    ana = a_person(connection)
    assert an_incident(connection, ana, title="Storm") == "storm"
    assert an_incident(connection, ana, title="Storm") == "storm-2"
    assert an_incident(connection, ana, title="Bench") == "bench-2"
    assert an_incident(connection, ana, title="New") == "new-2"


def test_an_unknown_incident_has_no_standing(connection: Connection):
    assert incidents.standing(connection, "nowhere") is None
    assert incidents.find(connection, IncidentId("nowhere")) is None


def test_a_change_leaves_what_was_not_given(connection: Connection):
    id = an_incident(connection, a_person(connection))
    incidents.change(connection, id, tlp=Tlp.RED)
    incidents.change(connection, id)
    found = incidents.find(connection, id)
    assert found is not None
    assert (found.title, found.tlp, found.rhythm) == ("Hoogwater Limburg", Tlp.RED, 30)
