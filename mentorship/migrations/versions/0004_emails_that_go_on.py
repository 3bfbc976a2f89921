"""What emails need that go on: answers, a ledger, reminders, asking first, a relay that rests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended", "not_this_time",
    "no_mentee_this_time", "round_finished", "sign_in", "welcome", "not_admitted",
)  # fmt: skip
_NEW_KINDS = (
    "pairing_question", "pairing_question_reminder", "pairing_not_made", "meeting_agreed",
    "first_meeting", "no_contact_yet", "mentee_pulse", "mentor_pulse", "coordinator_digest",
)  # fmt: skip
_UNIQUE = "uq_emails_kind_cause_id_person_id"
_EVENTS = (
    "put_off", "in_doubt", "taken_back", "sent", "found_sent", "failed", "superseded", "resent",
    "bounced",
)  # fmt: skip
_QUESTIONS = ("ask", "step_out", "first_meeting", "pulse")
_PAIRING_TIMES = (
    "asked_at", "mentee_agreed_at", "mentor_agreed_at", "met_at", "no_contact_at", "meeting_at",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("programs") as batch:
        batch.add_column(
            sa.Column("introduction", sa.String(32), nullable=False, server_default="at_once")
        )
        batch.add_column(sa.Column("wordings", _DOCUMENT, nullable=False, server_default="{}"))
        batch.create_check_constraint(
            op.f("ck_programs_introduction"), _one_of("introduction", ("at_once", "ask_first"))
        )
    with op.batch_alter_table("people") as batch:
        batch.add_column(
            sa.Column("wants_reminders", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch.add_column(sa.Column("quiet_from", sa.Date(), nullable=True))
        batch.add_column(sa.Column("quiet_until", sa.Date(), nullable=True))
        batch.add_column(sa.Column("address_problem", sa.Text(), nullable=True))
        batch.add_column(sa.Column("address_problem_at", _TIME, nullable=True))
    with op.batch_alter_table("pairings") as batch:
        for name in _PAIRING_TIMES:
            batch.add_column(sa.Column(name, _TIME, nullable=True))
        batch.add_column(sa.Column("meeting_minutes", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("meeting_where", sa.String(500), nullable=True))
        batch.add_column(
            sa.Column("meeting_number", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("emails") as batch:
        batch.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("slot_at", _TIME, nullable=True))
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), _one_of("kind", _KINDS + _NEW_KINDS))
        batch.drop_constraint(op.f(_UNIQUE), type_="unique")
        batch.create_unique_constraint(
            op.f(f"{_UNIQUE}_number"), ["kind", "cause_id", "person_id", "number"]
        )
        batch.create_index("ix_emails_message_id", ["message_id"])
    op.create_table(
        "email_events",
        sa.Column("email_id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(_one_of("kind", _EVENTS), name=op.f("ck_email_events_kind")),
        sa.ForeignKeyConstraint(
            ["email_id"], ["emails.id"], name=op.f("fk_email_events_email_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_events")),
    )
    op.create_index("ix_email_events_email_id", "email_events", ["email_id"])
    op.create_table(
        "relays",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", _TIME, nullable=True),
        sa.Column("down_since", _TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relays")),
    )
    op.create_table(
        "mail_slots",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_slots")),
    )
    op.create_table(
        "answers",
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.String(32), nullable=False),
        sa.Column("choice", sa.String(32), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("effective_at", _TIME, nullable=False),
        sa.Column("applied_at", _TIME, nullable=True),
        sa.Column("undone_at", _TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(_one_of("question", _QUESTIONS), name=op.f("ck_answers_question")),
        sa.ForeignKeyConstraint(
            ["pairing_id"], ["pairings.id"], name=op.f("fk_answers_pairing_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_answers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_pairing_id", "answers", ["pairing_id"])
    op.create_index("ix_answers_person_id", "answers", ["person_id"])
    op.create_index("ix_answers_effective_at", "answers", ["effective_at"])
    pending = sa.text("applied_at IS NULL AND undone_at IS NULL")
    op.create_index(
        "uq_answers_one_pending", "answers", ["pairing_id", "person_id", "question"], unique=True,
        postgresql_where=pending, sqlite_where=pending,
    )  # fmt: skip


def downgrade() -> None:
    """Go back; pairings that were asked, and emails of the new kinds, are not known there."""
    for table in ("answers", "mail_slots", "relays", "email_events"):
        op.drop_table(table)
    unknown = f"{_one_of('kind', _NEW_KINDS)} OR number <> 0"
    op.execute(f"DELETE FROM emails WHERE {unknown}")  # noqa: S608 - our own names
    with op.batch_alter_table("emails") as batch:
        batch.drop_index("ix_emails_message_id")
        batch.drop_constraint(op.f(f"{_UNIQUE}_number"), type_="unique")
        batch.create_unique_constraint(op.f(_UNIQUE), ["kind", "cause_id", "person_id"])
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), _one_of("kind", _KINDS))
        for name in ("slot_at", "crashes", "number"):
            batch.drop_column(name)
    with op.batch_alter_table("pairings") as batch:
        for name in ("meeting_number", "meeting_where", "meeting_minutes", *_PAIRING_TIMES):
            batch.drop_column(name)
    with op.batch_alter_table("people") as batch:
        for name in (
            "address_problem_at", "address_problem", "quiet_until", "quiet_from", "wants_reminders",
        ):  # fmt: skip
            batch.drop_column(name)
    with op.batch_alter_table("programs") as batch:
        batch.drop_constraint(op.f("ck_programs_introduction"), type_="check")
        batch.drop_column("wordings")
        batch.drop_column("introduction")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return "{} IN ({})".format(column, ", ".join(f"'{value}'" for value in values))
