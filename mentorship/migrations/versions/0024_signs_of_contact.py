"""When an answer last told of contact, and what the pages on pairings look at in one index.

Two who answered "slowly" have met, as those who answered "well" have always had: nothing else may
tell which of the two someone chose.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_INDEX, _BEFORE = "ix_pairings_program_id_state", ["program_id", "state", "mentee_id"]
_MORE = [
    "mentor_id", "mentee_person_id", "mentor_person_id", "introduced_at", "asked_at", "met_at",
    "meeting_at", "no_contact_at", "heard_at", "ended_at",
]  # fmt: skip
_PAIRINGS = sa.table(
    "pairings", *(sa.column(name) for name in ("id", "state", "met_at", "heard_at"))
)
_ANSWERS = sa.table(
    "answers", *(sa.column(name) for name in ("pairing_id", "choice", "at", "applied_at"))
)


def upgrade() -> None:
    """Add the column, and fill in what people have answered so far."""
    with op.batch_alter_table("pairings") as batch:
        batch.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    last = _answered(sa.func.max, "met", "well", "slow")
    op.execute(_PAIRINGS.update().values(heard_at=last))
    slow = _answered(sa.func.min, "slow")
    met = sa.case((_PAIRINGS.c.state == "introduced", "active"), else_=_PAIRINGS.c.state)
    op.execute(
        _PAIRINGS.update()
        .where(_PAIRINGS.c.met_at.is_(None), slow.is_not(None))
        .values(state=met, met_at=slow)
    )
    op.drop_index(_INDEX, table_name="pairings")
    op.create_index(_INDEX, "pairings", [*_BEFORE, *_MORE])
    # Otherwise SQLite reads all emails of the program to find those of some people.
    op.drop_index("ix_emails_person_id", table_name="emails")
    op.create_index("ix_emails_person_id_program_id", "emails", ["person_id", "program_id"])


def downgrade() -> None:
    """Drop the column; those who have met stay so."""
    op.drop_index("ix_emails_person_id_program_id", table_name="emails")
    op.create_index("ix_emails_person_id", "emails", ["person_id"])
    op.drop_index(_INDEX, table_name="pairings")
    with op.batch_alter_table("pairings") as batch:
        batch.drop_column("heard_at")
    op.create_index(_INDEX, "pairings", _BEFORE)


def _answered(which: Any, *choices: str) -> sa.ScalarSelect[Any]:
    """Return when a pairing's first or last of some answers came that took effect."""
    return (
        sa.select(which(_ANSWERS.c.at))
        .where(
            _ANSWERS.c.pairing_id == _PAIRINGS.c.id,
            _ANSWERS.c.applied_at.is_not(None),
            _ANSWERS.c.choice.in_(choices),
        )
        .scalar_subquery()
    )
