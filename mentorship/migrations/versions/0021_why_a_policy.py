"""Why a version of a policy was saved, in a coordinator's words."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("policies") as batch:
        batch.add_column(sa.Column("note", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("policies") as batch:
        batch.alter_column("note", server_default=None)


def downgrade() -> None:
    """Go back; what was noted is lost."""
    with op.batch_alter_table("policies") as batch:
        batch.drop_column("note")
