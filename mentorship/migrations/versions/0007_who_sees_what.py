"""What each program knows of a person's name, and questions that name no one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TIME = sa.DateTime(timezone=True)
_NAMES = ("full_name", "preferred_name", "pronouns")
#: Kinds of email that go to people who have not been introduced, and so cannot name the other.
_NAMELESS = ("pairing_question", "pairing_question_reminder", "pairing_not_made")
_KINDS = (
    "invitation", "mentee_introduction", "mentor_introduction", "pairing_ended", "not_this_time",
    "no_mentee_this_time", "round_finished", "sign_in", "welcome", "not_admitted",
    "pairing_question", "pairing_question_reminder", "pairing_not_made", "meeting_agreed",
    "first_meeting", "no_contact_yet", "mentee_pulse", "mentor_pulse", "coordinator_digest",
    "address_replaced", "address_changed", "coordinator_added", "coordinator_removed",
)  # fmt: skip
#: Answers that only programs keep which give identity a weight.
_IDENTITY = ("gender", "communities", "mentor_gender_preference")


def upgrade() -> None:
    with op.batch_alter_table("profiles") as batch:
        batch.add_column(sa.Column("full_name", sa.String(200), nullable=False, server_default=""))
        batch.add_column(sa.Column("preferred_name", sa.String(200), nullable=True))
        batch.add_column(sa.Column("answered_at", _TIME, nullable=True))
    with op.batch_alter_table("programs") as batch:
        batch.add_column(
            sa.Column("shows_contact", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), _one_of((*_KINDS, "enrolled")))
    _name_profiles()
    _forget_identity()
    _reword("{other}", "a possible {other_role}")


def downgrade() -> None:
    """Go back; persons have kept their names, and the wordings mean what they meant."""
    op.execute("DELETE FROM emails WHERE kind = 'enrolled'")
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), _one_of(_KINDS))
    with op.batch_alter_table("programs") as batch:
        batch.drop_column("shows_contact")
    with op.batch_alter_table("profiles") as batch:
        for name in ("answered_at", "preferred_name", "full_name"):
            batch.drop_column(name)


def _name_profiles() -> None:
    """Take a profile's names from its answers; those of people who answered, from the person."""
    profiles = sa.table(
        "profiles", sa.column("id", sa.Uuid()), sa.column("person_id", sa.Uuid()),
        sa.column("answers", _DOCUMENT), sa.column("listed_id"), sa.column("consent"),
        sa.column("updated_at", _TIME), sa.column("answered_at", _TIME), sa.column("full_name"),
        sa.column("preferred_name"),
    )  # fmt: skip
    people = sa.table("people", sa.column("id", sa.Uuid()), *(sa.column(name) for name in _NAMES))
    connection = op.get_bind()
    own = {row.id: row for row in connection.execute(sa.select(people))}
    for row in connection.execute(sa.select(profiles)).all():
        answers = dict(row.answers)
        answered = row.listed_id.startswith("self-") or "confirmed to be an adult" in (
            row.consent or ""
        )
        if answered:
            names = {name: getattr(own[row.person_id], name) for name in _NAMES}
            kept = {name: value for name, value in answers.items() if name not in _NAMES}
            answers = kept | {name: value for name, value in names.items() if value}
        connection.execute(
            sa.update(profiles)
            .where(profiles.c.id == row.id)
            .values(
                answers=answers,
                full_name=answers.get("full_name", ""),
                preferred_name=answers.get("preferred_name"),
                answered_at=row.updated_at if answered else None,
            )
        )


def _forget_identity() -> None:
    """Remove answers about identity where the newest policy gives it no weight."""
    policies = sa.table(
        "policies", sa.column("program_id", sa.Uuid()), sa.column("version"),
        sa.column("body", _DOCUMENT),
    )  # fmt: skip
    profiles = sa.table(
        "profiles", sa.column("id", sa.Uuid()), sa.column("program_id", sa.Uuid()),
        sa.column("answers", _DOCUMENT),
    )  # fmt: skip
    connection = op.get_bind()
    bodies = {
        row.program_id: row.body
        for row in connection.execute(sa.select(policies).order_by(policies.c.version))
    }
    asking = {id for id, body in bodies.items() if body["weights"].get("identity", 0) > 0}
    for row in connection.execute(sa.select(profiles)).all():
        answers = {n: v for n, v in row.answers.items() if n not in _IDENTITY}
        if row.program_id not in asking and answers != row.answers:
            change = sa.update(profiles).where(profiles.c.id == row.id)
            connection.execute(change.values(answers=answers))


def _one_of(kinds: tuple[str, ...]) -> str:
    return "kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))


def _reword(field: str, words: str) -> None:
    """Put words in place of a field that wordings of some kinds may name no longer."""
    programs = sa.table("programs", sa.column("id", sa.Uuid()), sa.column("wordings", _DOCUMENT))
    connection = op.get_bind()
    for row in connection.execute(sa.select(programs)).all():
        wordings = {
            kind: {
                passage: text.replace(field, words) if kind in _NAMELESS else text
                for passage, text in passages.items()
            }
            for kind, passages in row.wordings.items()
        }
        if wordings != row.wordings:
            change = sa.update(programs).where(programs.c.id == row.id)
            connection.execute(change.values(wordings=wordings))
