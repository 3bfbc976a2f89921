"""Rounds that change so many existing pairs at most."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("rounds") as batch:
        batch.add_column(sa.Column("keep_bonus", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("most_changed", sa.Integer(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_rounds_keep_bonus"),
            "(keep_bonus IS NULL) = (most_changed IS NULL) AND (keep_bonus IS NULL OR "
            "existing = 'better' AND keep_bonus BETWEEN 1 AND 1000000)",
        )


def downgrade() -> None:
    """Go back; what rounds changed shows in their pairs."""
    with op.batch_alter_table("rounds") as batch:
        batch.drop_constraint(op.f("ck_rounds_keep_bonus"), type_="check")
        batch.drop_column("most_changed")
        batch.drop_column("keep_bonus")
