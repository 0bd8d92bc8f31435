"""Client ids that wrote in what a restore took away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import VARCHAR

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

DOCUMENT = sa.String(200).with_variant(VARCHAR(200, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "former_clients",
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("client", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("document", "client", name="pk_former_clients"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("former_clients")
