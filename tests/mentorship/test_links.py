"""Links in emails: each is for one person and purpose, about one thing, and ends."""

from __future__ import annotations

import datetime
import uuid
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from itsdangerous import BadSignature, URLSafeSerializer

from mentorship import links
from mentorship.links import LONGEST_AGE, Mailed, Purpose
from mentorship.models import Person
from mentorship.settings import Settings

SETTINGS = Settings(secret_key="made up for the tests, and long enough to be one")
ABOUT = uuid.UUID(int=1)
PERSON = Person(id=uuid.UUID(int=2), access_revision=3)
AT = datetime.datetime(2027, 3, 4, 23, 59, tzinfo=datetime.UTC)


def made(purpose: Purpose, settings: Settings = SETTINGS) -> str:
    return links.token(purpose, PERSON, ABOUT, AT, settings)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("mina@example.org", "mailto:mina@example.org"),
        ("ana+mentoring@example.org", "mailto:ana%2Bmentoring@example.org"),
        ("dean?cc=me@elsewhere.example", "mailto:dean%3Fcc%3Dme@elsewhere.example"),
        ("a&body=x#y,z@example.org", "mailto:a%26body%3Dx%23y%2Cz@example.org"),
        ("o'neill@example.org", "mailto:o%27neill@example.org"),
    ],
)
def test_a_link_to_write_holds_the_address_and_nothing_else(address: str, link: str) -> None:
    assert links.mail_to(address) == link
    assert unquote(urlsplit(link).path) == address


def test_a_link_to_write_may_hold_a_subject_and_a_body() -> None:
    link = links.mail_to("a@example.org", subject="Ä & B?", body="One\r\n\r\nTwo")

    assert parse_qsl(urlsplit(link).query) == [("subject", "Ä & B?"), ("body", "One\r\n\r\nTwo")]


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_says_who_does_what_about_what_and_since_when(purpose: Purpose) -> None:
    mailed = links.read(made(purpose), [purpose], SETTINGS)

    assert mailed == Mailed(purpose, PERSON.id, ABOUT, 3, AT.date())


@pytest.mark.parametrize("purpose", Purpose)
def test_no_link_can_be_taken_for_one_of_another_purpose(purpose: Purpose) -> None:
    others = [other for other in Purpose if other is not purpose]

    with pytest.raises(BadSignature):
        links.read(made(purpose), others, SETTINGS)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_ends_by_its_age_and_with_the_access_of_its_person(purpose: Purpose) -> None:
    mailed = links.read(made(purpose), [purpose], SETTINGS)
    last = AT.date() + LONGEST_AGE[purpose]

    assert mailed.is_current(PERSON, last)
    assert not mailed.is_current(PERSON, last + datetime.timedelta(days=1))
    assert not mailed.is_current(Person(access_revision=4), AT.date())


def test_an_email_that_is_written_again_holds_the_same_link() -> None:
    assert made(Purpose.PULSE) == made(Purpose.PULSE)


def test_a_link_of_another_installation_is_refused() -> None:
    other = Settings(secret_key="another key that is also long enough to be one")

    with pytest.raises(BadSignature):
        links.read(made(Purpose.PULSE, other), [Purpose.PULSE], SETTINGS)


def test_links_survive_as_many_new_keys_as_are_kept() -> None:
    keys = [f"key number {number}, long enough to be one" for number in range(3)]
    oldest = made(Purpose.PULSE, Settings(secret_key=keys[0]))
    rotated = Settings(secret_key=keys[2], secret_key_fallbacks=(keys[1], keys[0]))

    assert links.read(oldest, [Purpose.PULSE], rotated).about == ABOUT
    # What is signed from now on no longer depends on the keys of before.
    newest = made(Purpose.PULSE, rotated)
    assert links.read(newest, [Purpose.PULSE], Settings(secret_key=keys[2])).about == ABOUT
    with pytest.raises(BadSignature):
        links.read(oldest, [Purpose.PULSE], rotated.replace(secret_key_fallbacks=(keys[1],)))


def signed(salt: str, payload: object) -> str:
    return str(URLSafeSerializer(SETTINGS.secret_key, salt=salt).dumps(payload))


@pytest.mark.parametrize(
    ("salt", "payload", "purposes"),
    [
        ("answer", [ABOUT.hex, PERSON.id.hex, "pulse"], [Purpose.PULSE]),
        ("answer", [ABOUT.hex, PERSON.id.hex, "step_out"], [Purpose.STEP_OUT]),
        ("invitation", str(ABOUT), [Purpose.INVITATION]),
        ("unsubscribe", PERSON.id.hex, [Purpose.PREFERENCES, Purpose.UNSUBSCRIBE]),
    ],
)
def test_links_of_version_0_1_still_work_for_their_age(
    salt: str, payload: object, purposes: list[Purpose]
) -> None:
    for purpose in Purpose:
        if purpose not in purposes:
            with pytest.raises(BadSignature):
                links.read(signed(salt, payload), [purpose], SETTINGS)
            continue
        mailed = links.read(signed(salt, payload), [purpose], SETTINGS)
        last = links.DATED_SINCE + LONGEST_AGE[purpose]
        assert mailed.is_current(Person(access_revision=0), last)
        assert not mailed.is_current(PERSON, last)
        assert not mailed.is_current(Person(access_revision=0), last + datetime.timedelta(days=1))


@pytest.mark.parametrize(
    "payload",
    [
        None, 7, "x", [], ["a", "b"], {"a": 1}, [ABOUT.hex, PERSON.id.hex, "none"],
        [1, 2, "pulse"], [PERSON.id.hex, ABOUT.hex, "x", 1], [PERSON.id.hex, ABOUT.hex, 1, 10**12],
        [PERSON.id.hex, ABOUT.hex, 1, -1], [PERSON.id.hex, ABOUT.hex, None, None],
    ],
)  # fmt: skip
@pytest.mark.parametrize("salt", ["answer", "unsubscribe", "invitation", "mailed pulse"])
def test_a_signed_but_malformed_payload_is_refused(salt: str, payload: object) -> None:
    with pytest.raises(BadSignature):
        links.read(signed(salt, payload), list(Purpose), SETTINGS)


@pytest.mark.parametrize("token", ["", ".", "a.b", "\ufffd", "a" * 10_000])
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        links.read(token, list(Purpose), SETTINGS)
