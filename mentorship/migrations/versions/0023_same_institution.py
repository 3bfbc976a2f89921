"""Whether the two of a pairing were at one institution when it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column; of earlier pairings it is not known, and no page asks."""
    with op.batch_alter_table("pairings") as batch:
        batch.add_column(
            sa.Column("same_institution", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("pairings") as batch:
        batch.alter_column("same_institution", server_default=None)


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("pairings") as batch:
        batch.drop_column("same_institution")
