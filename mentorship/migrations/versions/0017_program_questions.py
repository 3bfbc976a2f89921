"""Programs ask questions of their own; a list may bring some along."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_TABLES = ("programs", "uploads")
#: What the names of such questions begin with.
_OWN = "q_"


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("questions", _DOCUMENT, nullable=False, server_default="[]"))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("questions", server_default=None)


def downgrade() -> None:
    """Go back; these questions are not known there, nor answers to them, nor what they decided."""
    _change("profiles", "answers", lambda all: {n: v for n, v in all.items() if not _is_own(n)})
    _change("profiles", "own_answers", lambda all: [name for name in all if not _is_own(name)])
    _change("policies", "body", _without_questions)
    _change("rounds", "tried", _without_questions)
    _change("rounds", "result", _of_known_rules)
    _change(
        "pairings", "reasons", lambda all: [each for each in all if not _is_own(each["criterion"])]
    )
    _change("unmatched", "reason", _known_cause)
    _change("forecasts", "result", _of_known_rules)
    op.execute("DELETE FROM uploads")
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("questions")


def _is_own(name: str) -> bool:
    return name.startswith(_OWN)


def _without_questions(policy: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in policy.items() if name != "questions"}


def _known_cause(reason: dict[str, Any]) -> dict[str, Any]:
    """Return why someone is unmatched, where a question decided as of several rules."""
    known = {"cause": "rules"} if _is_own(reason.get("rule", "")) else reason
    change = reason.get("change")
    kept = {name: value for name, value in known.items() if name != "change"}
    return kept | ({"change": change} if change and not _is_own(change["what"]) else {})


def _of_known_rules(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a round or a forecast found without what only such a question explains."""
    changed = dict(result)
    if "excluded" in result:
        changed["excluded"] = {
            id: [rule for rule in rules if not _is_own(rule)]
            for id, rules in result["excluded"].items()
        }
    if "ruled_out" in result:
        changed["ruled_out"] = [[id, _known_cause(reason)] for id, reason in result["ruled_out"]]
    if "advice" in result:
        changed["advice"] = [
            each for each in result["advice"] if not _is_own(each["change"].get("rule", ""))
        ]
    return changed


def _change(table: str, column: str, change: Callable[[Any], Any]) -> None:
    rows = sa.table(table, sa.column("id", sa.Uuid()), sa.column(column, _DOCUMENT))
    connection = op.get_bind()
    for id, before in connection.execute(sa.select(rows.c.id, rows.c[column])).all():
        if before is not None and (after := change(before)) != before:
            connection.execute(sa.update(rows).where(rows.c.id == id).values({column: after}))
