"""Scores say how far a pair stands out from what is usual: policies of a second form, and cautions.

Each program gets a version of its policy in the new form; the versions before stay as they are, so
that they still say what the scores of their rounds meant. Rounds that were not matched yet take the
new version. What a program left as it was shipped follows what is shipped now; weights of its own
stay, with hours and the wished distance beside them, and a lowest score of its own stays as far
above what is usual.
"""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"

_DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
_POLICIES = sa.table(
    "policies",
    sa.column("id", sa.Uuid()),
    sa.column("program_id", sa.Uuid()),
    sa.column("version", sa.Integer()),
    sa.column("body", _DOCUMENT),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
_ROUNDS = sa.table(
    "rounds",
    sa.column("program_id", sa.Uuid()),
    sa.column("policy_id", sa.Uuid()),
    sa.column("state", sa.String()),
)
_SHIPPED = {
    "help": 25, "choice": 20, "specialty": 15, "style": 15, "text": 10, "stage": 5, "rhythm": 5,
    "place": 5, "identity": 0,
}  # fmt: skip
_SHIPPED_NOW = {
    "help": 25, "choice": 20, "specialty": 25, "style": 10, "text": 5, "stage": 15, "distance": 13,
    "hours": 13, "rhythm": 5, "place": 5, "identity": 0,
}  # fmt: skip
_FLOOR, _SHRINKAGE = 0.4, 20
#: What was usual before, and what a point of then is worth now: one spread was about 9 points.
_USUAL, _POINT = 0.23, 0.05 / 0.09


def upgrade() -> None:
    """Add the column, and a version of each program's policy in the second form."""
    with op.batch_alter_table("pairings") as batch:
        batch.add_column(sa.Column("cautions", _DOCUMENT, nullable=False, server_default="[]"))
    with op.batch_alter_table("pairings") as batch:
        batch.alter_column("cautions", server_default=None)
    for id, program_id, version, body, created_at in _newest():
        new = uuid.uuid4()
        op.get_bind().execute(
            sa.insert(_POLICIES).values(
                id=new,
                program_id=program_id,
                version=version + 1,
                body=_second_form(body),
                created_at=created_at,
            )
        )
        op.get_bind().execute(
            sa.update(_ROUNDS)
            .where(_ROUNDS.c.policy_id == id, _ROUNDS.c.state.in_(("queued", "matching")))
            .values(policy_id=new)
        )


def downgrade() -> None:
    """Remove the versions that the upgrade made, and write those since then in the first form.

    The scores of rounds since then stay as they are.
    """
    connection = op.get_bind()
    before: dict[Any, Any] = {}
    for row in connection.execute(sa.select(_POLICIES).order_by(_POLICIES.c.version)).all():
        former = before.get(row.program_id)
        before[row.program_id] = row
        if row.body["version"] == 1:
            continue
        if former and former.body["version"] == 1 and row.body == _second_form(former.body):
            rounds = sa.update(_ROUNDS).where(_ROUNDS.c.policy_id == row.id)
            connection.execute(rounds.values(policy_id=former.id))
            connection.execute(sa.delete(_POLICIES).where(_POLICIES.c.id == row.id))
        else:
            policies = sa.update(_POLICIES).where(_POLICIES.c.id == row.id)
            connection.execute(policies.values(body=_first_form(row.body)))
    with op.batch_alter_table("pairings") as batch:
        batch.drop_column("cautions")


def _newest() -> list[Any]:
    """Return the newest version of each program's policy."""
    rows = op.get_bind().execute(sa.select(_POLICIES).order_by(_POLICIES.c.version)).all()
    return list({row.program_id: row for row in rows}.values())


def _second_form(body: dict[str, Any]) -> dict[str, Any]:
    weights = dict(body["weights"])
    if weights | {"identity": 0} == _SHIPPED:
        weights = _SHIPPED_NOW | {"identity": weights["identity"]}
    else:
        share = sum(weights.values()) / sum(_SHIPPED.values())
        weights |= {name: round(10 * share, 3) for name in ("distance", "hours")}
    floor = body["floor"]
    if floor == _FLOOR:
        floor = 0
    elif floor:
        floor = round(min(1, max(0, 0.5 + (floor - _USUAL) * _POINT)), 3)
    kept = {name: value for name, value in body.items() if name != "shrinkage"}
    return kept | {"version": 2, "weights": weights, "floor": floor}


def _first_form(body: dict[str, Any]) -> dict[str, Any]:
    weights = {name: body["weights"][name] for name in _SHIPPED}
    floor = body["floor"]
    if floor:
        floor = round(min(1, max(0, _USUAL + (floor - 0.5) / _POINT)), 3)
    return body | {
        "version": 1, "weights": weights, "floor": floor or _FLOOR, "shrinkage": _SHRINKAGE,
    }  # fmt: skip
