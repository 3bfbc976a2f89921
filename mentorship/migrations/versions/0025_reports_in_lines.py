"""What was read in an upload is stored as compressed lines of JSON instead of one document.

Uploads wait for a day only, so those that there are do not come along.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the column one of bytes."""
    _replace(sa.LargeBinary())


def downgrade() -> None:
    """Make it one of JSON again."""
    _replace(sa.JSON().with_variant(JSONB(), "postgresql"))


def _replace(type: sa.types.TypeEngine[Any]) -> None:
    op.execute("DELETE FROM uploads")
    with op.batch_alter_table("uploads") as batch:
        batch.drop_column("content")
        batch.add_column(sa.Column("content", type, nullable=False))
