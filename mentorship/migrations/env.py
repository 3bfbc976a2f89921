"""Alembic's entry: runs migrations on the connection that it is handed."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from mentorship.database import UTCDateTime
from mentorship.models import Base


def _plain_types(kind: str, item: Any, autogenerate: Any) -> str | Literal[False]:
    """Write our types as what the database sees, so that old migrations need none of our code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        autogenerate.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite cannot alter most things in place; its tables are copied instead.
    render_item=_plain_types,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
