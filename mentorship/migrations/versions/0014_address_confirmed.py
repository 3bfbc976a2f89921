"""People change their own address, and confirm it by an email of a kind of its own."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_NEW = "address_confirmation"


def upgrade() -> None:
    _allow({*_allowed(), _NEW})


def downgrade() -> None:
    """Go back; these emails are not known there."""
    op.execute(f"DELETE FROM emails WHERE kind = '{_NEW}'")  # noqa: S608 - our own name
    _allow({*_allowed()} - {_NEW})


def _allowed() -> list[str]:
    """Return the kinds that the table allows now: revisions beside this one add theirs as well."""
    checks = sa.inspect(op.get_bind()).get_check_constraints("emails")
    (kinds,) = (check["sqltext"] for check in checks if check["name"] == "ck_emails_kind")
    return re.findall(r"'([a-z_]+)'", kinds)


def _allow(kinds: set[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds))
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN ({listed})")
