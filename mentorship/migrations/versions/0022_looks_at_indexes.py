"""Indexes that answer what pages of the desk count and list, without a look at the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_CAME_BACK = sa.text("came_back_at IS NOT NULL")
#: The table of each index that is widened, its columns before, and those that come.
_WIDENED = {
    "ix_emails_program_id": ("emails", ["program_id"], ["kind", "cause_id", "sent_at"]),
    "ix_pairings_program_id_state": ("pairings", ["program_id", "state"], ["mentee_id"]),
    "ix_profiles_program_id_role_state_id": (
        "profiles",
        ["program_id", "role", "state", "id"],
        ["capacity", "places_taken", "excess"],
    ),
}


def upgrade() -> None:
    """Widen three indexes, and add one of names and one of the few emails that came back."""
    for name, (table, before, more) in _WIDENED.items():
        _replace(name, table, [*before, *more])
    op.create_index(
        "ix_profiles_program_id_full_name",
        "profiles",
        ["program_id", "full_name", "id", "role", "state", "person_id"],
    )
    op.create_index(
        "ix_emails_came_back",
        "emails",
        ["program_id"],
        postgresql_where=_CAME_BACK,
        sqlite_where=_CAME_BACK,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_emails_came_back", table_name="emails")
    op.drop_index("ix_profiles_program_id_full_name", table_name="profiles")
    for name, (table, before, _more) in _WIDENED.items():
        _replace(name, table, before)


def _replace(name: str, table: str, columns: list[str]) -> None:
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns)
