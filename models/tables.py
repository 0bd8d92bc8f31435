"""The rows behind the words, for SQLite and PostgreSQL alike.

Two families. The log (`heads`, `updates`, `checkpoints`, `marks`) holds what was written
together; it is append-only, keeps its times as milliseconds since 1970 in UTC because they are
hashed, and refers to no other table, so that it can be verified by itself. The rest are
ordinary rows with references.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import VARCHAR

from models.columns import UtcDateTime, Word
from models.vocabulary import HIGHEST_GRIP, OrganisationKind, Phase, Role, Tlp

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_DOCUMENT: Final = String(200).with_variant(VARCHAR(200, collation="C"), "postgresql")
"""Sorted by its bytes: ranges of names mean the same everywhere."""
_CODE: Final = String(64)
_ID: Final = String(64)

# -- the log ------------------------------------------------------------------------------

heads: Final = Table(
    "heads",
    metadata,
    Column("document", _DOCUMENT, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)
"""Where each document stands: the last number given out, and the hash of that row."""

updates: Final = Table(
    "updates",
    metadata,
    Column("document", _DOCUMENT, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("person", _ID, nullable=False),
    Column("organisation", _CODE, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)
"""Every update ever acknowledged, by author; each hash covers the row before."""

checkpoints: Final = Table(
    "checkpoints",
    metadata,
    Column("document", _DOCUMENT, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=True),
    sqlite_with_rowid=False,
)
"""The whole state after row `seq`, to load from, and its SHA-256 (older ones have none); never a
reason to remove log rows."""

marks: Final = Table(
    "marks",
    metadata,
    Column("document", _DOCUMENT, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("client", BigInteger, primary_key=True),
    Column("clock", BigInteger, primary_key=True),
    Column("person", _ID, nullable=False),
    Column("organisation", _CODE, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""From which clock on a client id wrote for whom, and when."""

former_clients: Final = Table(
    "former_clients",
    metadata,
    Column("document", _DOCUMENT, primary_key=True),
    Column("client", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
"""Client ids that wrote in what a restore took away: nothing of theirs is let in again."""

quarantine: Final = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("document", _DOCUMENT, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("person", _ID, nullable=False),
    Column("organisation", _CODE, nullable=False),
    Column("member", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("change", LargeBinary, nullable=False),
    Index(None, "person", "at"),
)
"""Changes that nothing honest sends, for who has to find out what they were. The oldest go."""

# -- organisations and people ---------------------------------------------------------------

organisations: Final = Table(
    "organisations",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("name", Text, nullable=False),
    Column("short", String(32), nullable=False),
    Column("kind", Word(OrganisationKind), nullable=False),
    Column("seat", Text),
    Column("neighbours", JSON, nullable=False),
    Column("abroad", JSON, nullable=False),
    Column("cartogram_column", Integer),
    Column("cartogram_row", Integer),
    Column("year", Integer, nullable=False),
)
"""The regions and parties of `year`; which they are is configuration."""

persons: Final = Table(
    "persons",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("username", String(128), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("organisation", _CODE, ForeignKey("organisations.code"), nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("password_hash", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)
"""No password hash means that nobody can sign in as this person with a password."""

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person", _ID, ForeignKey("persons.id"), nullable=False),
    Column("organisation", _CODE, ForeignKey("organisations.code"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("own_device", Boolean, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "person"),
)
"""Only the hash of a token is stored: who reads this table cannot act as anybody."""

api_keys: Final = Table(
    "api_keys",
    metadata,
    Column("key_hash", LargeBinary(32), primary_key=True),
    Column("person", _ID, ForeignKey("persons.id"), nullable=False),
    Column("organisation", _CODE, ForeignKey("organisations.code"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index(None, "person"),
)
"""How machines sign in."""

# -- incidents ------------------------------------------------------------------------------

incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("title", Text, nullable=False),
    Column("phase", Word(Phase), nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("tlp", Word(Tlp), nullable=False),
    Column("themes", JSON, nullable=False),
    Column("rhythm_minutes", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", _ID, ForeignKey("persons.id"), nullable=False),
    Column("closed_at", UtcDateTime),
    CheckConstraint("rhythm_minutes > 0", name="rhythm"),
)

participations: Final = Table(
    "participations",
    metadata,
    Column("incident", _ID, ForeignKey("incidents.id"), primary_key=True),
    Column("organisation", _CODE, ForeignKey("organisations.code"), primary_key=True),
    Column("role", Word(Role), nullable=False),
    Column("grip", Integer),
    CheckConstraint(f"grip between 0 and {HIGHEST_GRIP}", name="grip"),
    Index(None, "organisation"),
)
"""Who takes part as what; no GRIP level means that the organisation has none (a ministry)."""
