"""The emails: each one's history and text, and resending one with a reason."""

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
        page.index("Queued") < page.index("451 come &lt;later&gt;") < page.index("550 unknown user")
    )
    assert "Deferred" in page
    assert "Bounced" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (EmailState.SENT, "May have been delivered twice"),
        (EmailState.FAILED, "Ask this person, or resend it"),
        (EmailState.READY, "It will be sent once more after a while"),
    ],
)
def test_a_doubt_is_marked_and_explained(
    world: World, engine: Engine, state: EmailState, words: str
) -> None:
    sent_at = WHEN if state is EmailState.SENT else None
    assert "Delivery unknown" not in get(world, "emails.show")
    change(world, engine, state=state, doubt_since=WHEN, sent_at=sent_at)

    assert words in get(world, "emails.show")
    assert "Delivery unknown" in get(world, "emails.index")


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


def test_a_sign_in_email_belongs_to_no_program(world: World, engine: Engine) -> None:
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
    assert stored(world, engine).message is None, "it is rewritten, to the current address"
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


def resend_alike(world: World, failure: str, reason: str) -> tuple[int, str]:
    answer = world.browsers["coordinator"].post(
        world.address("emails.resend_alike", world.ours), base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex, "reason": reason, "failure": failure},
    )  # fmt: skip
    return int(answer.status_code), str(answer.text)


def test_all_that_failed_for_one_reason_is_sent_again_at_once(world: World, engine: Engine) -> None:
    cause = "the relay said 553 5.7.1 <…@…>: Sender address rejected"
    change(world, engine, failure=cause)
    with database.transaction(engine) as session:
        email = session.get_one(Email, world.ours["email_id"])
        for number, (failure, state, came_back_at) in enumerate(
            (
                (cause, EmailState.FAILED, None), (cause, EmailState.SENT, WHEN),
                (cause, EmailState.SENT, None), ("another", EmailState.FAILED, None),
            ),
            start=11,
        ):  # fmt: skip
            session.add(
                Email(
                    kind=email.kind, program_id=email.program_id, person_id=email.person_id,
                    cause_id=email.cause_id, number=number, state=state, failure=failure,
                    due_at=WHEN, created_at=WHEN, sent_at=WHEN, came_back_at=came_back_at,
                )
            )  # fmt: skip
    page = get(world, "emails.index", "?state=failed")
    assert "553 5.7.1 &lt;…@…&gt;: Sender address rejected" in page
    assert "3 emails" in page

    for reason in ("", "x"):
        status, page = resend_alike(world, cause, reason)
        assert status == 422
        assert "resending it, in 3 to 500" in page.lower()
    assert resend_alike(world, cause, "the relay is back")[0] == 303
    assert resend_alike(world, cause, "once more")[0] == 409
    assert resend_alike(world, "", "whatever it was")[0] == 409

    with database.reading(engine) as session:
        states = [
            (row.failure, row.state)
            for row in session.scalars(
                select(Email)
                .where(Email.person_id == email.person_id, Email.kind == email.kind)
                .order_by(Email.number)
            )
        ]
    ready = (None, EmailState.READY)
    assert states == [
        ready, ready, ready, (cause, EmailState.SENT), ("another", EmailState.FAILED)
    ]  # fmt: skip


def test_an_email_that_came_back_is_marked_counted_and_explained(
    world: World, engine: Engine
) -> None:
    assert "These bounced" not in get(world, "emails.index")
    change(
        world, engine, state=EmailState.SENT, sent_at=WHEN, came_back_at=WHEN,
        failure="came back, 5.1.1",
    )  # fmt: skip
    with database.transaction(engine) as session:
        words = "550 5.1.1 Confirm at https://evil.example"
        outbox.note(session, world.ours["email_id"], EmailEventKind.BOUNCED, words)

    page = get(world, "emails.show")
    assert "A report says that it wasn&#39;t delivered" in page
    assert "The first one was not delivered." in page
    assert page.index("<details") < page.index("evil.example"), "anyone may have written it"
    listed = get(world, "emails.index", "?state=came_back")
    assert "status 5.1.1: the mailbox does not exist" in listed
    assert "evil.example" not in listed
    assert "These bounced" in listed
    assert "1 email bounced" in get(world, "desk.show")
    assert resend(world, "they freed some space") == 303
    assert stored(world, engine).came_back_at is None
    assert "These bounced" not in get(world, "emails.index")


@pytest.mark.parametrize("state", [EmailState.READY, EmailState.SUPERSEDED])
def test_only_what_was_sent_or_failed_can_be_sent_again(
    world: World, engine: Engine, state: EmailState
) -> None:
    change(world, engine, state=state)

    assert "Resend email" not in get(world, "emails.show")
    assert resend(world, "just because") == 409
    assert stored(world, engine).state is state


def test_every_kind_has_words() -> None:
    for kind in EmailKind:
        assert kinds.label(kind)
