"""`preceptor emails`: what a program sent, and what it has yet to send."""

from __future__ import annotations

import click

from mentorship import database, outbox
from mentorship.commands.frame import Output, command, in_program, open_engine
from mentorship.programs import programs
from mentorship.settings import Settings


@click.command()
@in_program
@command
def emails(settings: Settings, out: Output, slug: str) -> None:
    """List a program's emails: recipient, kind and state."""
    with database.reading(open_engine(settings)) as session:
        rows = [
            {
                "id": str(email.id),
                "kind": email.kind.value,
                "to": email.recipient,
                "state": email.state.value,
                "attempts": email.attempts,
                "due_at": email.due_at.isoformat(),
                "sent_at": email.sent_at.isoformat() if email.sent_at else None,
                "in_doubt": email.doubt_since is not None,
                "last_error": email.last_error,
            }
            for email in outbox.of_program(session, programs.get(session, slug).id)
        ]
    for email in rows:
        doubt = " (may have been sent twice)" if email["in_doubt"] else ""
        error = f": {email['last_error']}" if email["last_error"] else ""
        out.line(f"{email['state']:<10} {email['kind']:<20} {email['to']}{doubt}{error}")
    out.result({"program": slug, "emails": rows})
