"""Programs ask questions of their own; a list may bring some along."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0014"

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
    """Go back; neither these questions nor answers to them are known there."""
    _change("profiles", "answers", lambda all: {n: v for n, v in all.items() if n[:2] != _OWN})
    _change("profiles", "own_answers", lambda all: [name for name in all if name[:2] != _OWN])
    _change("policies", "body", lambda body: {n: v for n, v in body.items() if n != "questions"})
    op.execute("DELETE FROM uploads")
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("questions")


def _change(table: str, column: str, change: Callable[[Any], Any]) -> None:
    rows = sa.table(table, sa.column("id", sa.Uuid()), sa.column(column, _DOCUMENT))
    connection = op.get_bind()
    for id, before in connection.execute(sa.select(rows.c.id, rows.c[column])).all():
        if (after := change(before)) != before:
            connection.execute(sa.update(rows).where(rows.c.id == id).values({column: after}))
