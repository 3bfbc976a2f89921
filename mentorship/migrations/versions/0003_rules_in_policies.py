"""Policies say which must-rules hold, and which version of the form they are written in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_POLICIES = sa.table(
    "policies",
    sa.column("id", sa.Uuid()),
    sa.column("body", sa.JSON().with_variant(JSONB(), "postgresql")),
)
_ADDED = {"version": 1, "rules": {"stage": True, "language": True, "hours_apart": 12}}


def upgrade() -> None:
    """Write into every policy what has held so far without being written down."""
    _rewrite(lambda body: body | _ADDED)


def downgrade() -> None:
    _rewrite(lambda body: {name: body[name] for name in body if name not in _ADDED})


def _rewrite(change) -> None:  # type: ignore[no-untyped-def]
    connection = op.get_bind()
    for id, body in connection.execute(sa.select(_POLICIES.c.id, _POLICIES.c.body)).all():
        connection.execute(
            sa.update(_POLICIES).where(_POLICIES.c.id == id).values(body=change(body))
        )
