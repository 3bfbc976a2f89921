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

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.total // SIZE))


def count(session: Session, query: Select[Any]) -> int:
    """Return how many rows a query finds."""
    unordered: Select[Any] = query.order_by(None).with_only_columns(
        func.count(), maintain_column_froms=True
    )
    return session.scalar(unordered) or 0


def page(session: Session, query: Select[T], number: int) -> Page[T]:
    """Return one page of a query's results; a page beyond the last is empty."""
    total = count(session, query)
    items = session.scalars(query.limit(SIZE).offset((number - 1) * SIZE)).all()
    return Page(items, number, total)
