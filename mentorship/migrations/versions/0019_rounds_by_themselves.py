"""Rounds that start by themselves, and turn into dry runs where too little comes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_TIME = sa.DateTime(timezone=True)
_SCOPES = "scope IN ('everyone', 'unmatched', 'affected')"


def upgrade() -> None:
    """Add the table and the column."""
    with op.batch_alter_table("rounds") as batch:
        batch.add_column(sa.Column("least_coverage", sa.Integer(), nullable=True))
        batch.create_check_constraint(
            op.f("ck_rounds_least_coverage"), "least_coverage BETWEEN 1 AND 100"
        )
    op.create_table(
        "round_schedules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", sa.String(32), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("time", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("least_coverage", sa.Integer(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("set_by", sa.String(320), nullable=False),
        sa.Column("last_at", _TIME, nullable=True),
        sa.Column("skipped", sa.String(32), nullable=True),
        sa.CheckConstraint(
            "rhythm IN ('once', 'weekly', 'two_weeks', 'monthly')",
            name=op.f("ck_round_schedules_rhythm"),
        ),
        sa.CheckConstraint(_SCOPES, name=op.f("ck_round_schedules_scope")),
        sa.CheckConstraint(
            "least_coverage BETWEEN 1 AND 100", name=op.f("ck_round_schedules_least_coverage")
        ),
        sa.CheckConstraint(
            "skipped IN ('round_open', 'no_one_waits')", name=op.f("ck_round_schedules_skipped")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_round_schedules_program_id_programs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_schedules")),
        sa.UniqueConstraint("program_id", name=op.f("uq_round_schedules_program_id")),
    )


def downgrade() -> None:
    """Go back; what was set is set again by hand."""
    op.drop_table("round_schedules")
    with op.batch_alter_table("rounds") as batch:
        batch.drop_constraint(op.f("ck_rounds_least_coverage"), type_="check")
        batch.drop_column("least_coverage")
