"""Messages in a coordinator's own words: who gets them, once, within limits, and as written."""

from __future__ import annotations

import datetime
import re
import threading
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from stories import body, read

from mentorship import database
from mentorship.coordination import correspondence
from mentorship.coordination.correspondence import LeftOut
from mentorship.coordination.roster import Need, Sought
from mentorship.emails import contents, messages, previews
from mentorship.errors import Invalid, WrongState
from mentorship.models import AuditEntry, Email, EmailKind, Letter, Person, Program, Role
from mentorship.people import joining
from mentorship.people.gaps import Dimension
from mentorship.programs import programs
from mentorship.reminders import timing
from mentorship.settings import Settings
from mentorship.states import ProfileState

EVERYONE = Sought()


def draft(session: Session, program: Program, sought: Sought = EVERYONE, **words: str) -> Letter:
    author = programs.coordinators(session, program.id)[0]
    words = {"subject": "Friday", "text": "We meet on Friday."} | words
    return correspondence.draft(session, program, author.person_id, sought, **words)


def send(session: Session, program: Program, letter: Letter) -> int:
    sought = Sought.from_stored(letter.sought)
    expected = len(correspondence.readers(session, program.id, sought).ids)
    correspondence.send(session, program, letter, "test", expected)
    return expected


def emails(session: Session) -> list[Email]:
    query = select(Email).where(Email.kind == EmailKind.LETTER).order_by(Email.created_at)
    return list(session.scalars(query))


def test_each_person_is_written_to_once_and_those_left_out_are_counted_by_reason(
    session: Session, program: Program
) -> None:
    ana = factories.make_mentee(session, program, full_name="Ana")
    both = factories.make_mentor(session, program, full_name="Bo", email="bo@example.org")
    joining_too = factories.make_mentee(session, program, full_name="Bo", email="bo@example.org")
    waits = factories.make_mentee(session, program, full_name="Cy")
    waits.state = ProfileState.AWAITING_APPROVAL
    bounced = factories.make_mentee(session, program, full_name="Di")
    bounced.person.address_problem = "550 5.1.1"
    off = factories.make_mentee(session, program, full_name="Ed")
    off.person.wants_reminders = False
    invited = factories.make_mentee(session, program, full_name="Flo")
    invited.state = ProfileState.UNCONFIRMED
    drafting = factories.make_mentee(session, program, full_name="Gil")
    drafting.state = ProfileState.DRAFT
    gone = factories.make_mentee(session, program, full_name="Hua")
    gone.state = ProfileState.LEFT
    factories.make_mentee(session, factories.make_program(session), full_name="Elsewhere")
    session.flush()

    everyone = correspondence.readers(session, program.id, Sought())
    ticked = correspondence.readers(
        session, program.id, Sought(ids=(ana.id, joining_too.id, gone.id, drafting.id))
    )

    assert everyone.ids == [ana.person_id, both.person_id, waits.person_id]
    assert everyone.left_out == {
        LeftOut.UNCONFIRMED: 1, LeftOut.BOUNCED: 1, LeftOut.UNSUBSCRIBED: 1,
    }  # fmt: skip
    assert ticked.ids == [ana.person_id, both.person_id]
    assert ticked.left_out == {LeftOut.LEFT: 1}


def test_someone_who_left_in_one_role_is_written_to_in_the_other(
    session: Session, program: Program
) -> None:
    left = factories.make_mentee(session, program, full_name="A", email="bo@example.org")
    left.state = ProfileState.LEFT
    stays = factories.make_mentor(session, program, full_name="B", email="bo@example.org")
    session.flush()

    found = correspondence.readers(session, program.id, Sought(ids=(left.id, stays.id)))

    assert (found.ids, found.left_out) == ([stays.person_id], {})


@pytest.mark.parametrize(
    "sought",
    [
        Sought(),
        Sought("ana", Role.MENTEE, ProfileState.PAUSED, Need.WAITING, {Dimension.FIELD: "x"}),
        Sought(traits={Dimension.STAGE: "resident"}),
    ],
)
def test_a_search_is_kept_as_it_was(session: Session, program: Program, sought: Sought) -> None:
    letter = draft(session, program, sought)
    session.refresh(letter)

    assert Sought.from_stored(letter.sought) == sought


def test_a_message_is_sent_once_and_noted(session: Session, program: Program) -> None:
    readers = [factories.make_mentee(session, program) for _ in range(3)]
    letter = draft(session, program)

    assert send(session, program, letter) == 3
    with pytest.raises(WrongState, match="already sent"):
        correspondence.send(session, program, letter, "test", 3)

    assert {row.person_id for row in emails(session)} == {r.person_id for r in readers}
    assert all(row.program_id == program.id for row in emails(session))
    assert letter.readers == 3
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "message sent")).one()
    assert (noted.subject_id, noted.details) == (letter.id, {"people": 3})


def test_of_many_who_send_it_at_once_one_does(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program)
        letter_id, program_id = draft(session, program).id, program.id
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def press() -> None:
        start.wait()
        try:
            with database.transaction(engine) as session:
                program = session.get_one(Program, program_id)
                correspondence.send(session, program, session.get_one(Letter, letter_id), "test", 1)
            outcomes.append("sent")
        except WrongState:
            outcomes.append("refused")

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused"] * 3 + ["sent"]
    with database.reading(engine) as session:
        assert len(emails(session)) == 1


def test_it_is_not_sent_to_others_than_its_page_said(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    letter = draft(session, program)
    factories.make_mentee(session, program)

    with pytest.raises(WrongState, match="changed"):
        correspondence.send(session, program, letter, "test", 1)

    assert not emails(session)
    assert letter.sent_at is None


def test_a_message_to_no_one_is_not_sent(session: Session, program: Program) -> None:
    with pytest.raises(WrongState, match="no one"):
        correspondence.send(session, program, draft(session, program), "test", 0)


def test_no_one_gets_more_than_three_a_day(session: Session, program: Program) -> None:
    reader = factories.make_mentee(session, program)
    for _ in range(correspondence.MOST_TO_ONE):
        send(session, program, draft(session, program))
    other = factories.make_mentee(session, program)
    session.flush()

    found = correspondence.readers(session, program.id, Sought())
    assert (found.ids, found.left_out) == ([other.person_id], {LeftOut.OFTEN: 1})

    for row in emails(session):
        row.created_at -= datetime.timedelta(hours=25)
    session.flush()
    assert reader.person_id in correspondence.readers(session, program.id, Sought()).ids


def test_a_program_sends_a_limited_number_of_messages_a_day(
    session: Session, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correspondence, "MOST_LETTERS", 2)
    for number in range(2):
        ids = (factories.make_mentee(session, program, full_name=f"M{number}").id,)
        send(session, program, draft(session, program, Sought(ids=ids)))
    other = factories.make_program(session)
    factories.make_mentee(session, other)
    factories.make_mentee(session, program)

    with pytest.raises(WrongState, match="limit"):
        send(session, program, draft(session, program))
    assert send(session, other, draft(session, other)) == 1


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("subject", ""), ("subject", "x" * 151), ("subject", "one\ntwo"), ("subject", "a\u202eb"),
        ("text", " \n "), ("text", "x" * 5_001), ("text", "a\x07b"), ("text", "a\u2028b"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_sent_are_refused_beside_their_field(
    session: Session, program: Program, field: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        draft(session, program, **{field: words})

    assert list(refused.value.fields) == [field]
    assert session.scalar(select(func.count()).select_from(Letter)) == 0


def test_an_email_holds_the_words_as_they_were_written(
    session: Session, program: Program, settings: Settings
) -> None:
    program.name = "Harbor"
    factories.make_mentee(session, program, full_name="Ana Lindqvist", preferred_name="Ana")
    programs.coordinators(session, program.id)[0].person.full_name = "Dana Reyes"
    text = (
        "Dear <b>all</b> & {name}, 100% ☃ 👩\u200d⚕️\r\nsecond line\r\n\r\n\r\n"
        "See (https://example.org/a?b=1&c=2), or ask ana@example.org."
    )
    send(session, program, draft(session, program, subject="50% & {program} <x>", text=text))
    (row,) = emails(session)

    message = read(messages.compose(session, row.id, settings).data)
    plain, html = body(message, "plain"), body(message, "html")

    assert message["Subject"] == "50% & {program} <x>"
    assert "Hello Ana,\n\nA message from Dana Reyes of Harbor:\n\n" in plain
    assert "Dear <b>all</b> & {name}, 100% ☃ 👩\u200d⚕️\nsecond line\n\nSee (https" in plain
    assert "Dear &lt;b&gt;all&lt;/b&gt; &amp; {name}, 100% ☃" in html
    assert "<br>second line</p>" in html
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    assert 'href="mailto:ana@example.org"' in html
    assert "<b>all" not in html
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    coordinator = programs.coordinators(session, program.id)[0].person
    assert message["Reply-To"] == coordinator.email


def test_the_preview_is_what_is_sent_but_for_links_that_work(
    session: Session, program: Program, settings: Settings
) -> None:
    reader = factories.make_mentee(session, program)
    letter = draft(session, program)
    session.flush()
    before = session.scalar(select(func.count()).select_from(Email))
    preview = previews.of_letter(session, letter, reader.person_id, settings)
    assert session.scalar(select(func.count()).select_from(Email)) == before

    send(session, program, letter)
    (row,) = emails(session)
    sent = messages.render(session, row, settings)

    def tidy(text: str) -> str:
        return re.sub(r"preferences/[\w.-]+", "preferences/TOKEN", text)

    assert (preview.subject, preview.reply_to) == (sent.subject, sent.reply_to)
    assert tidy(preview.text) == tidy(sent.text)
    assert tidy(preview.html) == tidy(sent.html)
    assert preview.text != sent.text


def test_it_is_not_sent_to_people_who_left_or_turned_these_emails_off_in_the_meantime(
    session: Session, program: Program, settings: Settings
) -> None:
    stays = factories.make_mentee(session, program)
    send(session, program, draft(session, program))
    (row,) = emails(session)
    assert timing.still_wanted(session, row)

    session.get_one(Person, stays.person_id).wants_reminders = False
    session.flush()
    assert not timing.still_wanted(session, row)

    (profile,) = joining.profiles_of(session, stays.person_id)
    profile.state = ProfileState.LEFT
    session.flush()
    with pytest.raises(contents.Outdated, match="left"):
        messages.compose(session, row.id, settings)


def test_a_message_that_no_one_sent_is_forgotten(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    sent, kept, old = (draft(session, program) for _ in range(3))
    send(session, program, sent)
    for letter in (sent, old):
        letter.created_at -= datetime.timedelta(days=3)
    session.flush()

    correspondence.forget_old(session)

    left: Any = session.scalars(select(Letter.id)).all()
    assert set(left) == {sent.id, kept.id}
