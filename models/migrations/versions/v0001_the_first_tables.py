"""The log, organisations, people, sessions, keys, incidents and participations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import VARCHAR

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

DOCUMENT = sa.String(200).with_variant(VARCHAR(200, collation="C"), "postgresql")

MADE = (
    "heads",
    "updates",
    "checkpoints",
    "marks",
    "organisations",
    "persons",
    "sessions",
    "api_keys",
    "incidents",
    "participations",
)


def upgrade() -> None:
    _log()
    _people()
    _signed_in("sessions", "token_hash")
    _signed_in("api_keys", "key_hash")
    _incidents()


def downgrade() -> None:
    for name in reversed(MADE):
        op.drop_table(name)


def _position() -> tuple[sa.Column[str], sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )


def _author() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
    )


def _log() -> None:
    op.create_table(
        "heads",
        *_position(),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("document", "epoch", name="pk_heads"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "updates",
        *_position(),
        *_author(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("document", "epoch", "seq", name="pk_updates"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        *_position(),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("document", "epoch", "seq", name="pk_checkpoints"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marks",
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("client", sa.BigInteger, nullable=False),
        sa.Column("clock", sa.BigInteger, nullable=False),
        *_author(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("document", "epoch", "client", "clock", name="pk_marks"),
        sqlite_with_rowid=False,
    )


def _people() -> None:
    op.create_table(
        "organisations",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("short", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("seat", sa.Text),
        sa.Column("neighbours", sa.JSON, nullable=False),
        sa.Column("abroad", sa.JSON, nullable=False),
        sa.Column("cartogram_column", sa.Integer),
        sa.Column("cartogram_row", sa.Integer),
        sa.Column("year", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_organisations"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("username", sa.String(128), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("function", sa.Text, nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
        sa.UniqueConstraint("username", name="uq_persons_username"),
        _to_organisation("persons"),
    )


def _signed_in(table: str, hashed: str) -> None:
    """Sessions and keys: two ways to act as a person for an organisation."""
    moment = sa.DateTime(timezone=True)
    only_here: tuple[sa.Column[object], ...] = (
        (
            sa.Column("last_seen_at", moment, nullable=False),
            sa.Column("expires_at", moment, nullable=False),
            sa.Column("own_device", sa.Boolean, nullable=False),
        )
        if table == "sessions"
        else (sa.Column("label", sa.Text, nullable=False), sa.Column("expires_at", moment))
    )
    op.create_table(
        table,
        sa.Column(hashed, sa.LargeBinary(32), nullable=False),
        *_author(),
        sa.Column("created_at", moment, nullable=False),
        *only_here,
        sa.Column("ended_at", moment),
        sa.PrimaryKeyConstraint(hashed, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name=f"fk_{table}_person_persons"),
        _to_organisation(table),
    )
    op.create_index(f"ix_{table}_person", table, ["person"])


def _incidents() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("exercise", sa.Boolean, nullable=False),
        sa.Column("tlp", sa.String(32), nullable=False),
        sa.Column("themes", sa.JSON, nullable=False),
        sa.Column("rhythm_minutes", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("closed_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["persons.id"], name="fk_incidents_created_by_persons"
        ),
        sa.CheckConstraint("rhythm_minutes > 0", name=op.f("ck_incidents_rhythm")),
    )
    op.create_table(
        "participations",
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("grip", sa.Integer),
        sa.PrimaryKeyConstraint("incident", "organisation", name="pk_participations"),
        sa.ForeignKeyConstraint(
            ["incident"], ["incidents.id"], name="fk_participations_incident_incidents"
        ),
        _to_organisation("participations"),
        sa.CheckConstraint("grip between 0 and 5", name=op.f("ck_participations_grip")),
    )
    op.create_index("ix_participations_organisation", "participations", ["organisation"])


def _to_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation"], ["organisations.code"], name=f"fk_{table}_organisation_organisations"
    )
