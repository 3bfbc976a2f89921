"""Uploads keep their file and what was decided about it; programs keep decisions for later files.

Profiles know which answers their people gave themselves, so that a later list does not overwrite
them unasked; of people who have answered in a program before, all their answers count as theirs.
People may be let create programs. Uploads wait for a day only, so those that there are do not come
along.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.execute("DELETE FROM uploads")
    with op.batch_alter_table("uploads") as batch:
        batch.add_column(sa.Column("file", sa.LargeBinary(), nullable=False))
        batch.add_column(sa.Column("decisions", _DOCUMENT, nullable=False))
    with op.batch_alter_table("programs") as batch:
        batch.add_column(sa.Column("mappings", _DOCUMENT, nullable=False, server_default="{}"))
    with op.batch_alter_table("programs") as batch:
        batch.alter_column("mappings", server_default=None)
    with op.batch_alter_table("profiles") as batch:
        batch.add_column(sa.Column("own_answers", _DOCUMENT, nullable=False, server_default="[]"))
    with op.batch_alter_table("profiles") as batch:
        batch.alter_column("own_answers", server_default=None)
    with op.batch_alter_table("people") as batch:
        batch.add_column(
            sa.Column("creates_programs", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("people") as batch:
        batch.alter_column("creates_programs", server_default=None)
    profiles = sa.table(
        "profiles",
        sa.column("id", sa.Uuid()),
        sa.column("answers", _DOCUMENT),
        sa.column("answered_at", sa.DateTime()),
        sa.column("own_answers", _DOCUMENT),
    )
    connection = op.get_bind()
    answered = sa.select(profiles.c.id, profiles.c.answers).where(
        profiles.c.answered_at.is_not(None)
    )
    for id, answers in connection.execute(answered).all():
        connection.execute(
            sa.update(profiles).where(profiles.c.id == id).values(own_answers=sorted(answers))
        )


def downgrade() -> None:
    op.execute("DELETE FROM uploads")
    with op.batch_alter_table("people") as batch:
        batch.drop_column("creates_programs")
    with op.batch_alter_table("profiles") as batch:
        batch.drop_column("own_answers")
    with op.batch_alter_table("programs") as batch:
        batch.drop_column("mappings")
    with op.batch_alter_table("uploads") as batch:
        batch.drop_column("decisions")
        batch.drop_column("file")
