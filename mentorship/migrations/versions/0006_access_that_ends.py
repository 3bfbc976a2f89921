"""Access that ends: a revision of each person, which sessions, requests and links hold."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended", "not_this_time",
    "no_mentee_this_time", "round_finished", "sign_in", "welcome", "not_admitted",
    "pairing_question", "pairing_question_reminder", "pairing_not_made", "meeting_agreed",
    "first_meeting", "no_contact_yet", "mentee_pulse", "mentor_pulse", "coordinator_digest",
)  # fmt: skip
_NEW_KINDS = ("address_replaced", "address_changed", "coordinator_added", "coordinator_removed")
_BY_ORIGIN = "ix_sign_in_links_origin_hash_created_at"
_WITH_REVISION = ("people", "browser_sessions", "sign_in_links")


def upgrade() -> None:
    for table in _WITH_REVISION:
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("access_revision", sa.Integer(), nullable=False, server_default="0")
            )
    with op.batch_alter_table("sign_in_links") as batch:
        batch.add_column(
            sa.Column("is_emailed", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.create_index(_BY_ORIGIN, "sign_in_links", ["origin_hash", "created_at"])
    with op.batch_alter_table("emails") as batch:
        batch.add_column(sa.Column("address", sa.String(320), nullable=True))
    _allow(_KINDS + _NEW_KINDS)


def downgrade() -> None:
    """Go back; access that ended stays so, and emails of the new kinds are not known there."""
    op.execute(f"DELETE FROM emails WHERE {_one_of(_NEW_KINDS)}")  # noqa: S608 - our own names
    _allow(_KINDS)
    with op.batch_alter_table("emails") as batch:
        batch.drop_column("address")
    op.drop_index(_BY_ORIGIN, "sign_in_links")
    with op.batch_alter_table("sign_in_links") as batch:
        batch.drop_column("is_emailed")
    for table in ("browser_sessions", "sign_in_links"):
        # The earlier version knows no revisions, so what they ended is removed.
        op.execute(
            f"DELETE FROM {table} WHERE EXISTS (SELECT 1 FROM people "  # noqa: S608 - our own names
            f"WHERE people.id = {table}.person_id "
            f"AND people.access_revision <> {table}.access_revision)"
        )
    for table in _WITH_REVISION:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("access_revision")


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), _one_of(kinds))


def _one_of(kinds: tuple[str, ...]) -> str:
    return "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))
