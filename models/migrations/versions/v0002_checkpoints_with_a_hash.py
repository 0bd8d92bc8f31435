"""A checkpoint says what its state hashes to, so that a flipped bit is seen before it is used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("hash", sa.LargeBinary(32), nullable=True))


def downgrade() -> None:
    op.drop_column("checkpoints", "hash")
