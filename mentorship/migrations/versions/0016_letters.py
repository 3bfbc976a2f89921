"""Coordinators write to people of their program, in emails of a kind of their own."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_NEW = "letter"


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("sought", _DOCUMENT, nullable=False),
        sa.Column("subject", sa.String(150), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("readers", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_letters_program_id_programs")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_letters_author_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_program_id_sent_at", "letters", ["program_id", "sent_at"])
    _allow({*_allowed(), _NEW})


def downgrade() -> None:
    """Go back; these emails are not known there."""
    op.execute(f"DELETE FROM emails WHERE kind = '{_NEW}'")  # noqa: S608 - our own name
    _allow({*_allowed()} - {_NEW})
    op.drop_table("letters")


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
