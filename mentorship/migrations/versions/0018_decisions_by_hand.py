"""Decisions by hand about rounds, candidates that tell their effect, and publishing in parts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the table."""
    with op.batch_alter_table("rounds") as batch:
        batch.add_column(sa.Column("candidates", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("publish_at", _TIME, nullable=True))
        batch.add_column(sa.Column("publish_by", sa.String(320), nullable=True))
        batch.create_check_constraint(
            op.f("ck_rounds_publish_by"), "(publish_at IS NULL) = (publish_by IS NULL)"
        )
    for table, column in (("pairings", "part"), ("programs", "days_between_results")):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.Integer(), nullable=False, server_default="0"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, server_default=None)
    with op.batch_alter_table("programs") as batch:
        batch.create_check_constraint(
            op.f("ck_programs_days_between_results"), "days_between_results BETWEEN 0 AND 365"
        )
    for table, column in (("pairings", "held"), ("programs", "may_override")):
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false())
            )
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, server_default=None)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("mentee_id", sa.Uuid(), nullable=True),
        sa.Column("mentor_id", sa.Uuid(), nullable=True),
        sa.Column("overrides", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(500), nullable=False),
        sa.Column("made_by", sa.String(320), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("undone_by", sa.String(320), nullable=True),
        sa.Column("undone_at", _TIME, nullable=True),
        sa.Column("refused", _DOCUMENT, nullable=True),
        sa.CheckConstraint("kind IN ('pair', 'part', 'leave_out')", name=op.f("ck_decisions_kind")),
        sa.CheckConstraint(
            "(kind = 'leave_out') = (mentee_id IS NULL OR mentor_id IS NULL)",
            name=op.f("ck_decisions_about"),
        ),
        sa.CheckConstraint(
            "mentee_id IS NOT NULL OR mentor_id IS NOT NULL", name=op.f("ck_decisions_someone")
        ),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL)", name=op.f("ck_decisions_undone_by")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_decisions_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["mentee_id"], ["profiles.id"], name=op.f("fk_decisions_mentee_id_profiles")
        ),
        sa.ForeignKeyConstraint(
            ["mentor_id"], ["profiles.id"], name=op.f("fk_decisions_mentor_id_profiles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_round_id", "decisions", ["round_id"])


def downgrade() -> None:
    """Go back; what was decided by hand shows in the pairs only."""
    op.drop_table("decisions")
    with op.batch_alter_table("programs") as batch:
        batch.drop_constraint(op.f("ck_programs_days_between_results"), type_="check")
    for table, column in (
        ("programs", "may_override"),
        ("programs", "days_between_results"),
        ("pairings", "held"),
        ("pairings", "part"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    with op.batch_alter_table("rounds") as batch:
        batch.drop_constraint(op.f("ck_rounds_publish_by"), type_="check")
        for column in ("publish_by", "publish_at", "candidates"):
            batch.drop_column(column)
