"""Emails, from a row of the outbox to the bytes that are sent.

What a kind says is gathered in `contents`, worded in `wordings` and laid out by one template in
`bodies/`, which is rendered twice: with the elements in `bodies/text/` and `bodies/html/`.
"""

from __future__ import annotations

import functools
import logging
import re
import textwrap
import uuid
import zoneinfo
from dataclasses import dataclass
from urllib.parse import urlsplit

import css_inline
import jinja2
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, joinedload

from mentorship import database, language, links, template_language
from mentorship.emails import contents, kinds, mime, wordings
from mentorship.emails.contents import Content
from mentorship.language import gettext as _
from mentorship.links import Purpose
from mentorship.models import Email, Person, Profile, Program, Trait
from mentorship.people import clock, sight
from mentorship.programs import programs
from mentorship.settings import Settings

log = logging.getLogger(__name__)

#: Exactly these headers leave, each once. Anything else was smuggled in by a name or a subject.
HEADERS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
    "Content-Type",
)  # fmt: skip
#: Those of an email that can be turned off by one click (RFC 8058), and of what (RFC 2919).
UNSUBSCRIBE_HEADERS = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")
#: Who writes where no program does.
SERVICE = "Preceptor"
WIDTH = 76
_KEPT_APART = re.compile("\N{FIRST STRONG ISOLATE}[^\N{POP DIRECTIONAL ISOLATE}]*")
_ABOVE_SIGNATURE = "-- "


class Unsendable(Exception):
    """An email that must not be sent as it came out; the exception says why."""


@dataclass(frozen=True)
class Message:
    """One email as it leaves: the address that it goes to, and the bytes."""

    recipient: str
    message_id: str
    data: bytes


@dataclass(frozen=True)
class Rendered:
    """An email as its reader will see it."""

    subject: str
    text: str
    html: str
    #: The reader's name as it is addressed, in whose name it comes, and who gets an answer.
    reader: str
    sender: str
    reply_to: str
    attachments: tuple[mime.Attachment, ...]


def compose(session: Session, email_id: uuid.UUID, settings: Settings) -> Message:
    """Return the message of an outbox row, as it leaves.

    Once the relay may have it, that is the stored bytes. Until then it is written as things are
    now, so that an email which was put off names no one who has left since; its Message-ID and Date
    stay those of the first attempt, and if nothing has changed, so does every byte.

    Raises `contents.Outdated` if what it says is no longer so, and `Unsendable` if the result is
    not exactly one message to exactly one person.
    """
    row = session.get_one(Email, email_id, options=[joinedload(Email.person)])
    recipient = row.recipient
    may_be_there = row.doubt_since is not None or row.sent_at is not None
    if row.message is not None and row.message_id is not None and may_be_there:
        _content(session, row, settings)  # Is it still so?
        return Message(recipient, row.message_id, row.message)
    rendered = render(session, row, settings)
    host = urlsplit(settings.base_url).hostname or "localhost"
    message_id = f"<{row.id}@{host}>"
    headers = {
        "Reply-To": rendered.reply_to,
        "Subject": mime.words("Subject", rendered.subject),
        "Date": mime.date_of(row.message) if row.message else mime.date(database.now(session)),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
    }
    expected: tuple[str, ...] = HEADERS
    if Trait.OPTIONAL in row.kind.traits:
        link = contents.link(row, Purpose.UNSUBSCRIBE, row.person_id, settings)
        headers["List-Id"] = f"<reminders.{settings.mail_from.rpartition('@')[2]}>"
        headers["List-Unsubscribe"] = f"<{link}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        expected += UNSUBSCRIBE_HEADERS
    # A name that does not come out as one recipient is left away: the bare address will do.
    for sender_name, reader_name in ((rendered.sender, rendered.reader), ("", "")):
        try:
            addressed = {
                "From": mime.address(sender_name, settings.mail_from),
                "To": mime.address(reader_name, recipient),
            }
            data = mime.written(
                addressed | headers, rendered.text, rendered.html, rendered.attachments, row.id.hex
            )
        except ValueError:
            continue
        if mime.is_exact(data, expected, recipient):
            return Message(recipient, message_id, data)
    raise Unsendable("its headers do not come out as one message to one person")


def render(session: Session, row: Email, settings: Settings) -> Rendered:
    """Return what an email says, in both forms. Raises as `compose` does."""
    zone = clock.Zones(session).look_up(row.person, row.program_id)
    with language.use(language.choose(row.person.locale, [], str(zone))):
        return _render(session, row, settings)


def _render(session: Session, row: Email, settings: Settings) -> Rendered:
    # Read first and held here, so that later look-ups find it without a query.
    program = session.get(Program, row.program_id) if row.program_id else None
    content = _content(session, row, settings)
    sender = program.name if program else SERVICE
    coordinator, contact = _coordinator(session, program, settings)
    next_round = program.upcoming_round(database.now(session).date()) if program else None
    next_day = language.date(next_round) if next_round else None
    partner = content.partner
    reader = _reader(session, row)
    fields = {
        "name": reader.called,
        "program": sender,
        "coordinator": coordinator,
        "contact": contact,
        "next_round": next_day or _("a date that isn't set yet"),
        **content.fields,
    }
    name = reader.called
    try:
        passages = {
            passage: wordings.fill(text, fields)
            for passage, text in wordings.of(program, row.kind).items()
        }
        values = {
            "lang": str(language.current().locale).replace("_", "-"),
            # The person who asks to sign in may not be the one who has the address.
            "greeting": _("Hello %(name)s,", name=name) if program else _("Hello,"),
            "program": program,
            "sender": sender,
            "coordinator": coordinator,
            "contact": contact,
            "next_round": next_day,
            "replies_to": partner.called if partner else None,
            "preferences": contents.link(row, Purpose.PREFERENCES, row.person_id, settings),
            **passages,
            **content.shown,
        }
        template = f"{row.kind}.jinja"
        text = _templates("text").get_template(template).render(values)
        html = _templates("html").get_template(template).render(values)
    except Exception as error:
        log.exception("email %s cannot be rendered", row.id)
        raise Unsendable(f"it cannot be rendered: {type(error).__name__}") from error
    return Rendered(
        subject=mime.plain(passages["subject"]),
        text=f"{_squeeze(text)}\n",
        html=_inliner().inline(html),
        # Another address than the person's own may be a stranger's.
        reader="" if row.address else reader.full_name,
        sender=sender,
        reply_to=partner.person.email if partner else contact,
        attachments=content.attachments,
    )


def _reader(session: Session, row: Email) -> Profile | Person:
    """Return who holds the reader's names: coordinators read emails of their program too.

    That is the profile, which knows what this program knows; for emails to coordinators, and about
    an account, the person.
    """
    if row.program_id is None:
        return row.person
    return sight.profiles_in(session, row.program_id, [row.person_id]).get(
        row.person_id, row.person
    )


def _content(session: Session, row: Email, settings: Settings) -> Content:
    try:
        return kinds.KINDS[row.kind].gather(session, row, settings)
    except (LookupError, NoResultFound, zoneinfo.ZoneInfoNotFoundError) as error:
        log.exception("email %s has lost what it is about", row.id)
        raise Unsendable(f"what it is about is gone: {type(error).__name__}") from error


def _coordinator(session: Session, program: Program | None, settings: Settings) -> tuple[str, str]:
    """Return what the first coordinator is called, and their address."""
    coordinators = programs.coordinators(session, program.id) if program else []
    if not coordinators:
        return _("us"), settings.mail_from
    person = coordinators[0].person
    return contents.coordinator_name(person), person.email


@functools.cache
def _templates(form: str) -> jinja2.Environment:
    """Return the templates of bodies as they come out in one form, `text` or `html`."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("mentorship", f"emails/bodies/{form}"),
                jinja2.PackageLoader("mentorship", "emails/bodies"),
            ]
        ),
        # HTML never takes a name for markup; a text is shown as it is.
        autoescape=form == "html",  # noqa: S701
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    template_language.install(environment)
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals["mail_to"] = links.mail_to
    environment.filters |= {
        "isolated": language.isolated,
        "listed": language.listed,
        "wrap": _wrap,
        "squeeze": _squeeze,
        "paragraphs": lambda text: [part for part in re.split(r"\n\s*\n", text) if part.strip()],
    }
    environment.globals["e"] = environment.get_template("elements.jinja").module
    return environment


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _wrap(text: str, mark: str = "", indent: str | None = None) -> str:
    """Break a paragraph into lines, the first after a mark; a link is never broken."""
    # A name that was kept apart (`language.isolated`) is not, once it is in two lines.
    words = _KEPT_APART.sub(
        lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), " ".join(text.split())
    )
    return (
        textwrap.fill(
            words,
            WIDTH,
            initial_indent=mark,
            subsequent_indent=" " * len(mark) if indent is None else indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or mark.strip()
    )


def _squeeze(text: str) -> str:
    """Leave one empty line where templates left several, and none around."""
    # The line above a signature ends with a blank (RFC 3676), which is encoded in the message.
    lines = [line if line == _ABOVE_SIGNATURE else line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
