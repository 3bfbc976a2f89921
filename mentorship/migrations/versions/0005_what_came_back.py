"""Emails that came back, what failures have in common, and how the bounce mailbox does."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("emails") as batch:
        batch.add_column(sa.Column("failure", sa.String(200), nullable=True))
        batch.add_column(sa.Column("came_back_at", _TIME, nullable=True))
    # What the ledger says of emails that were not sent again since.
    op.execute(
        "UPDATE emails SET came_back_at = (SELECT max(at) FROM email_events"
        " WHERE email_id = emails.id AND kind = 'bounced') WHERE state = 'sent' AND EXISTS"
        " (SELECT 1 FROM email_events WHERE email_id = emails.id AND kind = 'bounced'"
        " AND at > emails.sent_at)"
    )
    op.create_table(
        "mailbox_health",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("read_at", _TIME, nullable=True),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("not_understood", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailbox_health")),
    )


def downgrade() -> None:
    """Go back; which emails came back stays in the ledger."""
    op.drop_table("mailbox_health")
    with op.batch_alter_table("emails") as batch:
        for name in ("came_back_at", "failure"):
            batch.drop_column(name)
