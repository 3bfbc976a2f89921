"""`preceptor emails` and `preceptor resend`: what a program sent, and sending it again."""

from __future__ import annotations

import click

from mentorship import database, outbox
from mentorship.commands.frame import Output, command, in_program, open_engine
from mentorship.coordination import ledger
from mentorship.errors import Invalid
from mentorship.programs import programs
from mentorship.settings import Settings


@click.command()
@in_program
@command
def emails(settings: Settings, out: Output, slug: str) -> None:
    """List a program's emails: recipient, kind, and state."""
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
                "came_back_at": email.came_back_at.isoformat() if email.came_back_at else None,
                "failure": email.failure,
                "last_error": email.last_error,
            }
            for email in outbox.of_program(session, programs.get(session, slug).id)
        ]
    for email in rows:
        doubt = " (may have been sent twice)" if email["in_doubt"] else ""
        doubt += " (came back)" if email["came_back_at"] else ""
        error = f": {email['last_error']}" if email["last_error"] else ""
        out.line(f"{email['state']:<10} {email['kind']:<20} {email['to']}{doubt}{error}")
    out.result({"program": slug, "emails": rows})


@click.command()
@in_program
@click.option("--reason", required=True, help="Why they are resent, for other coordinators.")
@click.option(
    "--failure", help="Which cause, if there are several: the `failure` of `emails --json`."
)
@command
def resend(settings: Settings, out: Output, slug: str, reason: str, failure: str | None) -> None:
    """Resend all emails that failed or bounced for one cause."""
    with database.transaction(open_engine(settings)) as session:
        program = programs.get(session, slug)
        causes = dict(ledger.causes(session, program.id))
        if failure is None and len(causes) > 1:
            listed = "\n".join(f"  {number:>5}  {cause}" for cause, number in causes.items())
            raise Invalid(f"emails failed for several causes; choose one with --failure:\n{listed}")
        chosen = failure or next(iter(causes), "")
        number = outbox.resend_alike(session, program.id, chosen, "command", reason)
    out.line(f"Emails being resent: {number}.")
    out.result({"program": slug, "failure": chosen, "emails": number})
