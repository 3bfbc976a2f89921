"""A program may let mentees wish for several mentors; programs that there are keep to one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("programs") as batch:
        batch.add_column(
            sa.Column("most_mentors", sa.Integer(), nullable=False, server_default="1")
        )
        batch.add_column(sa.Column("fill", sa.String(32), nullable=False, server_default="first"))
        batch.create_check_constraint(
            op.f("ck_programs_most_mentors"), "most_mentors BETWEEN 1 AND 3"
        )
        batch.create_check_constraint(op.f("ck_programs_fill"), "fill IN ('first', 'all')")
    with op.batch_alter_table("programs") as batch:
        batch.alter_column("most_mentors", server_default=None)
        batch.alter_column("fill", server_default=None)


def downgrade() -> None:
    """Go back; pairings of mentees who have several mentors stay."""
    with op.batch_alter_table("programs") as batch:
        batch.drop_constraint(op.f("ck_programs_most_mentors"), type_="check")
        batch.drop_constraint(op.f("ck_programs_fill"), type_="check")
        batch.drop_column("fill")
        batch.drop_column("most_mentors")
