"""The ledger: each email's life and words, and sending one again with a reason."""

from __future__ import annotations

import datetime
import time
import uuid
from email.message import EmailMessage

import pytest
from sites import World
from sqlalchemy import Engine, select

from mentorship import database, outbox
from mentorship.emails import kinds
from mentorship.models import AuditEntry, Email, EmailEvent, EmailEventKind, EmailKind
from mentorship.states import EmailState

WHEN = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)


def message(text: str, html: str | None = None) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "A <subject>"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made.as_bytes()


def change(world: World, engine: Engine, **changes: object) -> None:
    with database.transaction(engine) as session:
        email = session.get_one(Email, world.ours["email_id"])
        for name, value in changes.items():
            setattr(email, name, value)


def stored(world: World, engine: Engine) -> Email:
    with database.reading(engine) as session:
        return session.get_one(Email, world.ours["email_id"])


def get(world: World, endpoint: str, query: str = "", visitor: str = "coordinator") -> str:
    address = world.address(endpoint, world.ours) + query
    answer = world.browsers[visitor].get(address, base_url="https://localhost")
    assert answer.status_code == 200
    return str(answer.text)


def resend(world: World, reason: str) -> int:
    answer = world.browsers["coordinator"].post(
        world.address("emails.resend", world.ours), base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex, "reason": reason},
    )  # fmt: skip
    return int(answer.status_code)


def test_the_page_of_an_email_tells_its_life_in_the_servers_words(
    world: World, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        email = session.get_one(Email, world.ours["email_id"])
        outbox.note(session, email.id, EmailEventKind.PUT_OFF, "451 come <later>")
        time.sleep(0.005)  # SQLite's clock counts in milliseconds.
        outbox.note(session, email.id, EmailEventKind.BOUNCED, "550 unknown user")
    page = get(world, "emails.show")

    assert (
        page.index("Owed") < page.index("451 come &lt;later&gt;") < page.index("550 unknown user")
    )
    assert "Put off" in page
    assert "Came back" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (EmailState.SENT, "It may have arrived twice"),
        (EmailState.FAILED, "Ask this person, or send it again below"),
        (EmailState.READY, "It waits a while and is then sent once more"),
    ],
)
def test_a_doubt_is_marked_and_explained(
    world: World, engine: Engine, state: EmailState, words: str
) -> None:
    sent_at = WHEN if state is EmailState.SENT else None
    assert "in doubt" not in get(world, "emails.show")
    change(world, engine, state=state, doubt_since=WHEN, sent_at=sent_at)

    assert words in get(world, "emails.show")
    assert "in doubt" in get(world, "emails.index")


def test_the_list_is_narrowed_by_state_doubt_and_kind(world: World, engine: Engine) -> None:
    change(world, engine, doubt_since=WHEN)
    path = world.address("emails.show", world.ours)
    for query, is_listed in (
        ("", True), ("?state=failed", True), ("?state=sent", False), ("?state=in_doubt", True),
        ("?kind=welcome", True), ("?kind=invitation", False),
        ("?state=in_doubt&kind=welcome&q=mentee", True), ("?q=nobody", False),
        ("?state=x&kind=x&page=x", True),
    ):  # fmt: skip
        assert (path in get(world, "emails.index", query)) is is_listed, query


def test_a_message_is_never_live_in_our_pages(world: World, engine: Engine) -> None:
    change(world, engine, message=message("<b>plain</b>", "<script>alert(1)</script><p>rich</p>"))
    page = get(world, "emails.show")
    assert "&lt;b&gt;plain" in page
    assert "A &lt;subject&gt;" in page
    assert "alert(1)" not in page
    assert '<iframe class="letter" sandbox src="' in page

    answer = world.browsers["coordinator"].get(
        world.address("emails.html", world.ours), base_url="https://localhost"
    )
    assert "rich" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
    )


def test_links_that_act_for_the_reader_are_not_shown(world: World, engine: Engine) -> None:
    links = "https://x.org/answers/tok-en.Q_1?choice=met https://x.org/invitations/sec.retly"
    change(world, engine, message=message(links, f'<a href="{links.split()[0]}">Yes</a>'))

    for endpoint in ("emails.show", "emails.html"):
        page = get(world, endpoint)
        assert "tok-en" not in page
        assert "sec.retly" not in page
        assert "/answers/…" in page


@pytest.mark.parametrize(
    "kind", ["mentee_introduction", "mentor_introduction", "pairing_question", "meeting_agreed"]
)
@pytest.mark.parametrize("goal", ["burnout and\n  wellbeing", "writing papers"])
def test_what_two_people_read_about_each_other_is_not_shown(
    world: World, engine: Engine, kind: str, goal: str
) -> None:
    """Whether the goal is sensitive or not: else the page would tell which it is."""
    words = f"Ana asks for help that you offer: {goal}."
    changes = {"kind": EmailKind(kind), "message": message(words, f"<p>{words}</p>")}
    change(world, engine, **changes)

    page = get(world, "emails.show")
    assert "What two people read about each other stays between them" in page
    # A subject tells when two people meet.
    assert "A &lt;subject&gt;" not in page
    assert "Ana asks" not in page
    answer = world.browsers["coordinator"].get(
        world.address("emails.html", world.ours), base_url="https://localhost"
    )
    assert answer.status_code == 404


def test_an_email_to_sign_in_is_nobodys(world: World, engine: Engine) -> None:
    change(world, engine, program_id=None)

    answer = world.browsers["coordinator"].get(
        world.address("emails.show", world.ours), base_url="https://localhost"
    )
    assert answer.status_code == 404


def test_resending_needs_a_reason_and_keeps_it(world: World, engine: Engine) -> None:
    for reason in ("", "  x ", "x" * 501):
        assert resend(world, reason) == 422
    assert stored(world, engine).state is EmailState.FAILED

    assert resend(world, "they changed their address") == 303

    assert stored(world, engine).state is EmailState.READY
    assert stored(world, engine).message is None, "it is written anew, to the address of today"
    assert "they changed their address" in get(world, "emails.show")
    with database.reading(engine) as session:
        events = session.scalars(select(EmailEvent)).all()
        assert [event.kind for event in events] == [EmailEventKind.RESENT]
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "email sent again")
        ).one()
        assert entry.subject_id == world.ours["email_id"]
        assert "address" not in repr(entry.details)
    assert resend(world, "once more at once") == 409


def test_what_may_have_arrived_keeps_its_bytes(world: World, engine: Engine) -> None:
    before = stored(world, engine).message
    change(world, engine, doubt_since=WHEN)
    assert resend(world, "they did not get it") == 303

    assert stored(world, engine).message == before
    change(world, engine, state=EmailState.SENT, sent_at=WHEN, doubt_since=None)
    assert resend(world, "they lost it") == 303
    assert stored(world, engine).message == before


@pytest.mark.parametrize("state", [EmailState.READY, EmailState.SUPERSEDED])
def test_only_what_was_sent_or_failed_can_be_sent_again(
    world: World, engine: Engine, state: EmailState
) -> None:
    change(world, engine, state=state)

    assert "Send it again" not in get(world, "emails.show")
    assert resend(world, "just because") == 409
    assert stored(world, engine).state is state


def test_every_kind_has_words() -> None:
    for kind in EmailKind:
        assert kinds.label(kind)
