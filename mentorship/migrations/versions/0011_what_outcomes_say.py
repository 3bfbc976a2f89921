"""What outcomes say about weights: where pairs stood, lessons, and dry runs of other policies.

Of pairs that there are, no one knows any more where they stood: they stay out of lessons.
"""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns, and a lesson of each program."""
    with op.batch_alter_table("pairings") as batch:
        batch.add_column(sa.Column("standings", _DOCUMENT, nullable=True))
    with op.batch_alter_table("rounds") as batch:
        batch.add_column(sa.Column("tried", _DOCUMENT, nullable=True))
        batch.create_check_constraint(op.f("ck_rounds_tried_dry"), "tried IS NULL OR dry_run")
    lessons = op.create_table(
        "lessons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("rung_at", _TIME, nullable=True),
        sa.Column("found", _DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_lessons_program_id_programs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("program_id", name=op.f("uq_lessons_program_id")),
    )
    programs = sa.table("programs", sa.column("id", sa.Uuid()))
    for program_id in op.get_bind().scalars(sa.select(programs.c.id)).all():
        op.get_bind().execute(
            sa.insert(lessons).values(
                id=uuid.uuid4(), program_id=program_id, changes=0, learned=0, starts=0
            )
        )


def downgrade() -> None:
    """Go back; what was learned is lost, and dry runs of other policies seem to be of their own."""
    op.drop_table("lessons")
    with op.batch_alter_table("rounds") as batch:
        batch.drop_constraint(op.f("ck_rounds_tried_dry"), type_="check")
        batch.drop_column("tried")
    with op.batch_alter_table("pairings") as batch:
        batch.drop_column("standings")
