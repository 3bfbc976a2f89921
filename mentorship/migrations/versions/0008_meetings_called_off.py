"""A meeting can be called off, and both are told by an email of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended",
    "pairing_question", "pairing_question_reminder", "pairing_not_made", "meeting_agreed",
    "first_meeting", "no_contact_yet", "mentee_pulse", "mentor_pulse", "not_this_time",
    "no_mentee_this_time", "round_finished", "coordinator_digest", "sign_in", "welcome",
    "not_admitted", "address_replaced", "address_changed", "coordinator_added",
    "coordinator_removed", "enrolled",
)  # fmt: skip
_NEW = "meeting_called_off"


def upgrade() -> None:
    with op.batch_alter_table("pairings") as batch:
        batch.add_column(
            sa.Column("called_off_meeting_at", sa.DateTime(timezone=True), nullable=True)
        )
    _allow((*_KINDS, _NEW))


def downgrade() -> None:
    """Go back; emails about meetings that were called off are not known there."""
    op.execute(f"DELETE FROM emails WHERE kind = '{_NEW}'")  # noqa: S608 - our own name
    _allow(_KINDS)
    with op.batch_alter_table("pairings") as batch:
        batch.drop_column("called_off_meeting_at")


def _allow(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN ({listed})")
