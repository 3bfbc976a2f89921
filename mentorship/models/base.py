"""What all tables share: names of constraints, ids, and columns of states."""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Any

from sqlalchemy import JSON, Dialect, Enum, MetaData, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from matching.profiles import names
from mentorship.database import UTCDateTime

_DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """The base of all tables."""

    # Without names of their own, constraints cannot be altered later.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it once
        datetime.datetime: UTCDateTime,
        dict[str, Any]: _DOCUMENT,
        list[Any]: _DOCUMENT,
    }


class Name(TypeDecorator[str]):
    """A name of a person, shown as `names.shown` says: some were stored before links were refused.

    Here, so that no email, page or file shows one in another way.
    """

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the name as it may be shown."""
        return names.shown(value) if value else value


class Identified:
    """A table whose rows have an id of their own."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


def one_of(values: type[enum.StrEnum], name: str) -> Enum:
    """Return a column type that holds one of an enum's values, checked by the database."""
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
