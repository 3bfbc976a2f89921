"""Forecasts of what a round would come to, and reminders of profiles that are not finished."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"

_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended",
    "pairing_question", "pairing_question_reminder", "pairing_not_made", "meeting_agreed",
    "meeting_called_off", "first_meeting", "no_contact_yet", "mentee_pulse", "mentor_pulse",
    "not_this_time", "no_mentee_this_time", "round_finished", "coordinator_digest", "sign_in",
    "welcome", "enrolled", "not_admitted", "address_replaced", "address_changed",
    "coordinator_added", "coordinator_removed",
)  # fmt: skip
_NEW = "unfinished_profile"
_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("result", _DOCUMENT, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_forecasts_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("program_id", name=op.f("uq_forecasts_program_id")),
    )
    op.create_index("ix_profiles_program_id_updated_at", "profiles", ["program_id", "updated_at"])
    op.drop_index("ix_profiles_program_id_role_state", table_name="profiles")
    op.create_index(
        "ix_profiles_program_id_role_state_id", "profiles", ["program_id", "role", "state", "id"]
    )
    unreached = sa.text("address_problem IS NOT NULL")
    op.create_index(
        "ix_people_address_problem",
        "people",
        ["id"],
        postgresql_where=unreached,
        sqlite_where=unreached,
    )
    _allow((*_KINDS, _NEW))


def downgrade() -> None:
    """Go back; forecasts are computed again where they are known, and reminders are not."""
    op.execute(f"DELETE FROM emails WHERE kind = '{_NEW}'")  # noqa: S608 - our own name
    _allow(_KINDS)
    op.drop_index("ix_people_address_problem", table_name="people")
    op.drop_index("ix_profiles_program_id_role_state_id", table_name="profiles")
    op.create_index(
        "ix_profiles_program_id_role_state", "profiles", ["program_id", "role", "state"]
    )
    op.drop_index("ix_profiles_program_id_updated_at", table_name="profiles")
    op.drop_table("forecasts")


def _allow(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN ({listed})")
