"""Coordinators write notes, read what happened to someone, and change answers for them."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_NEW = "profile_changed"


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["profiles.id"],
            name=op.f("fk_notes_profile_id_profiles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_notes_author_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_profile_id"), "notes", ["profile_id"])
    op.create_index(op.f("ix_notes_author_id"), "notes", ["author_id"])
    op.create_index("ix_audit_entries_subject_id", "audit_entries", ["subject_id"])
    _allow({*_allowed(), _NEW})


def downgrade() -> None:
    """Go back; these emails are not known there, and notes are lost."""
    op.execute(f"DELETE FROM emails WHERE kind = '{_NEW}'")  # noqa: S608 - our own name
    _allow({*_allowed()} - {_NEW})
    op.drop_index("ix_audit_entries_subject_id", "audit_entries")
    op.drop_table("notes")


def _allowed() -> list[str]:
    """Return the kinds that the table allows now: revisions beside this one add theirs as well."""
    checks = sa.inspect(op.get_bind()).get_check_constraints("emails")
    (kinds,) = (check["sqltext"] for check in checks if check["name"] == "ck_emails_kind")
    return re.findall(r"'([a-z_]+)'", kinds)


def _allow(kinds: set[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN ({listed})")
