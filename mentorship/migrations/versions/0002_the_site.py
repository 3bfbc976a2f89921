"""What the site needs: the door of a program, sign-in by code, sent forms, uploads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended", "not_this_time",
    "no_mentee_this_time", "round_finished",
)  # fmt: skip
_NEW_KINDS = ("sign_in", "welcome", "not_admitted")


def upgrade() -> None:
    with op.batch_alter_table("programs") as batch:
        batch.add_column(sa.Column("organizer", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("about", sa.Text(), nullable=False, server_default=""))
        batch.add_column(
            sa.Column("registration_open", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch.add_column(sa.Column("email_domains", _DOCUMENT, nullable=False, server_default="[]"))
        batch.add_column(
            sa.Column("approve_mentors", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("timezone", sa.String(64), nullable=True))
        batch.add_column(sa.Column("locale", sa.String(16), nullable=True))
    # Links live for an hour at most, so none is worth keeping.
    op.execute("DELETE FROM sign_in_links")
    with op.batch_alter_table("sign_in_links") as batch:
        batch.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)
        batch.add_column(sa.Column("browser_hash", sa.String(64), nullable=True))
        batch.add_column(sa.Column("code_hash", sa.String(64), nullable=True))
        batch.add_column(sa.Column("wrong_codes", sa.Integer(), nullable=False))
        batch.add_column(sa.Column("address", sa.String(320), nullable=True))
        batch.add_column(sa.Column("origin_hash", sa.String(64), nullable=True))
        batch.add_column(sa.Column("for_joining", sa.Boolean(), nullable=False))
        batch.add_column(sa.Column("then", sa.String(200), nullable=False))
        batch.add_column(sa.Column("is_answered", sa.Boolean(), nullable=False))
        batch.add_column(sa.Column("created_at", _TIME, nullable=False))
        batch.create_unique_constraint(op.f("uq_sign_in_links_browser_hash"), ["browser_hash"])
        batch.create_index("ix_sign_in_links_address_created_at", ["address", "created_at"])
    _allow_kinds(_KINDS + _NEW_KINDS, program_needed=False)
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("location", sa.String(500), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sent_forms")),
    )
    op.create_index("ix_sent_forms_at", "sent_forms", ["at"])
    op.create_table(
        "uploads",
        sa.Column("program_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", _DOCUMENT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("role IN ('mentee', 'mentor')", name=op.f("ck_uploads_role")),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_uploads_program_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_program_id", "uploads", ["program_id"])
    op.create_index("ix_uploads_created_at", "uploads", ["created_at"])


def downgrade() -> None:
    op.drop_table("uploads")
    op.drop_table("sent_forms")
    op.execute("DELETE FROM emails WHERE kind IN ('sign_in', 'welcome', 'not_admitted')")
    _allow_kinds(_KINDS, program_needed=True)
    op.execute("DELETE FROM sign_in_links")
    with op.batch_alter_table("sign_in_links") as batch:
        batch.drop_index("ix_sign_in_links_address_created_at")
        batch.drop_constraint(op.f("uq_sign_in_links_browser_hash"), type_="unique")
        for name in (
            "browser_hash", "code_hash", "wrong_codes", "address", "origin_hash", "for_joining",
            "then", "is_answered", "created_at",
        ):  # fmt: skip
            batch.drop_column(name)
        batch.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
    with op.batch_alter_table("people") as batch:
        batch.drop_column("locale")
        batch.drop_column("timezone")
    with op.batch_alter_table("programs") as batch:
        for name in (
            "approve_mentors", "email_domains", "registration_open", "about", "organizer",
        ):  # fmt: skip
            batch.drop_column(name)


def _allow_kinds(kinds: tuple[str, ...], program_needed: bool) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN ({listed})")
        batch.alter_column("program_id", existing_type=sa.Uuid(), nullable=not program_needed)
