"""Long lists, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

T = TypeVar("T")

SIZE = 30


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `number` counts from 1, `total` counts items."""

    items: Sequence[T]
    number: int
    total: int
    size: int = SIZE

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def count(session: Session, query: Select[Any]) -> int:
    """Return how many rows a query finds."""
    unordered: Select[Any] = query.order_by(None).with_only_columns(
        func.count(), maintain_column_froms=True
    )
    return session.scalar(unordered) or 0


def page(session: Session, query: Select[T], number: int, size: int = SIZE) -> Page[T]:
    """Return one page of a query's results, each of which has an id; one beyond the last is empty.

    Those of the page are found and all are counted in one look, which reads no more of each than
    that takes; only those of the page are read whole.
    """
    entity: Any = query.column_descriptions[0]["entity"]
    ids = query.with_only_columns(entity.id, func.count().over(), maintain_column_froms=True)
    rows = session.execute(ids.limit(size).offset((number - 1) * size)).all()
    if not rows:
        return Page([], number, count(session, query) if number > 1 else 0, size)
    wanted = [id for id, _total in rows]
    found = session.scalars(query.order_by(None).where(entity.id.in_(wanted)))
    by_id: dict[Any, T] = {item.id: item for item in found}  # type: ignore[attr-defined]
    # One that is no longer listed by now is left out.
    return Page([by_id[id] for id in wanted if id in by_id], number, rows[0][1], size)
