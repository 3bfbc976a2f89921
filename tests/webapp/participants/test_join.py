"""Joining, as someone does whose browser runs no scripts: the door, the form, the preview."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from matching.profiles.columns import COLUMNS
from mentorship import database, links
from mentorship.accounts import sign_in_links
from mentorship.models import Email, EmailKind, Person, Profile, Program, Role, SignInLink
from mentorship.people import questionnaire
from mentorship.programs import programs
from mentorship.settings import Settings
from mentorship.states import ProfileState
from webapp import week

YOU = {
    "full_name": "Nadia Newcomer", "career_stage": "resident", "timezone": "Europe/London",
    "languages": "en",
}  # fmt: skip
OFFER = YOU | {
    "full_name": "Omar Mentor", "career_stage": "early-career-physician", "specialties": "peds",
    "topics": "interview-practice", "capacity": "3", "modalities": "video-call",
}  # fmt: skip


class Joining:
    """A browser that joins the first program."""

    def __init__(self, browser: Any, engine: Engine, program: Program, settings: Settings) -> None:
        self.browser, self.engine, self.program, self.settings = browser, engine, program, settings

    def sign_in(self, address: str, role: str) -> str:
        """Confirm an address at the door; return the path of the form."""
        join = f"/programs/{self.program.slug}/join/{role}"
        self.browser.post(f"{join}/address", on=join, email=address)
        with database.transaction(self.engine) as session:
            sign_in_links.answer_requests(session)
            link = session.scalars(select(SignInLink).where(SignInLink.used_at.is_(None))).one()
            _, code = links.sign_in_secrets(link.id, self.settings)
        self.browser.post("/sign-in/code", code=code)
        return join

    def begin(self, address: str, role: str, **answers: Any) -> str:
        """Fill in the first page; return the path of the profile."""
        join = self.sign_in(address, role)
        answer = self.browser.post(join, **((YOU if role == "mentee" else OFFER) | answers))
        assert answer.status_code == 303, answer.text
        return re.match(r"/profiles/[0-9a-f-]{36}", answer.location)[0]

    def profile(self) -> Profile:
        with database.reading(self.engine) as session:
            profile = session.scalars(select(Profile)).one()
            _ = profile.person.email
            session.expunge_all()
            return profile


@pytest.fixture
def joining(browser: Any, engine: Engine, coordinated: Program, settings: Settings) -> Joining:
    return Joining(browser, engine, coordinated, settings)


def set_door(engine: Engine, program: Program, **changes: Any) -> None:
    with database.transaction(engine) as session:
        program = session.merge(program)
        settings = programs.Settings(name=program.name, **changes)
        programs.change(session, program, "test", settings)


def test_a_mentee_joins_page_by_page_and_awaits_approval(joining: Joining, engine: Engine) -> None:
    browser = joining.browser
    path = joining.begin("nadia@example.org", "mentee")
    assert joining.profile().state is ProfileState.DRAFT
    hopes = {"goals": ["interview-practice", "burnout-wellbeing"], "statement": "Hello;\nyou"}
    meeting = {"availability": ["Mon 18:00-19:00", "Mon 19:00-20:00", "Tue 06:30-07:15"]}
    banned = "Abe@Example.org\nb@example.org"
    wishes = {"institution_wish": "must-different", "do_not_match": banned}
    for section, answers, leads_to in (
        ("hopes", hopes, "meeting"),
        ("meeting", meeting, "wishes"),
        ("wishes", wishes, ""),
    ):
        answer = browser.post(f"{path}/{section}", **answers)
        assert answer.location == (f"{path}/{leads_to}" if leads_to else path), answer.text

    preview = browser.get(path).text
    assert "Preview your profile" in preview
    seen, unseen = preview.split("Your match can&#39;t see")
    assert "Interview practice" in seen
    assert "abe@example.org" in unseen
    assert "abe@example.org" not in seen
    refused = browser.post(f"{path}/send")
    assert refused.status_code == 422
    assert joining.profile().state is ProfileState.DRAFT
    assert browser.post(f"{path}/send", adult="yes").location == path

    profile = joining.profile()
    assert profile.state is ProfileState.AWAITING_APPROVAL
    assert "adult" in (profile.consent or "")
    assert profile.person.full_name == "Nadia Newcomer"
    assert profile.answers["goals"] == ["interview-practice", "burnout-wellbeing"]
    assert profile.answers["availability"] == ["Mon 18:00-20:00", "Tue 06:30-07:15"]
    assert profile.answers["exclude_own_institution"] == "yes"
    assert profile.answers["do_not_match"] == ["abe@example.org", "b@example.org"]
    assert profile.answers["statement"] == "Hello;\nyou"
    assert "Waiting for approval" in browser.get("/").text


def test_how_many_mentors_is_asked_where_the_program_allows_several(
    joining: Joining, engine: Engine
) -> None:
    path = joining.begin("nadia@example.org", "mentee")
    assert 'name="mentors_wanted"' not in joining.browser.get(f"{path}/wishes").text
    joining.browser.post(f"{path}/wishes", mentors_wanted="2")
    assert "mentors_wanted" not in joining.profile().answers

    set_door(engine, joining.program, most_mentors=2)
    page = joining.browser.get(f"{path}/wishes").text
    (field,) = re.findall('<input id="mentors_wanted"[^>]*>', page)
    for said in ('type="number"', 'min="1"', 'max="2"', 'value="1"'):
        assert said in field
    refused = joining.browser.post(f"{path}/wishes", mentors_wanted="3")
    assert refused.status_code == 422
    assert "from 1 to 2" in refused.text.split('id="mentors_wanted-error">')[1]
    assert joining.browser.post(f"{path}/wishes", mentors_wanted="2").status_code == 303
    assert joining.profile().answers["mentors_wanted"] == 2


def test_what_a_text_names_is_offered_and_added_by_one_button(joining: Joining) -> None:
    browser = joining.browser
    path = joining.begin("nadia@example.org", "mentee")
    statement = "I am drawn to anaesthesia. Not to surgery."
    browser.post(f"{path}/hopes", goals=["interview-practice"], statement=statement)
    page = browser.get(path).text
    offered = re.findall(r'<button[^>]* name="add" value="([^"]+)">.*?</svg>([^<]+)</button>', page)
    field = (
        "specialty_interests:anesthesiology",
        "Add Anesthesiology to your specialties of interest",
    )
    assert offered == [field]

    assert browser.post(f"{path}/suggestions", add=offered[0][0]).location == path
    page = browser.get(path).text
    assert "Added: Anesthesiology." in page
    assert 'name="add"' not in page
    assert joining.profile().answers["specialty_interests"] == ["anesthesiology"]
    for forged in ("specialty_interests:surgery", "full_name:x", "", ":", "goals"):
        assert browser.post(f"{path}/suggestions", add=forged).status_code == 404


def test_what_was_filled_in_is_shown_again(joining: Joining) -> None:
    path = joining.begin("nadia@example.org", "mentee", languages=["en", "es"])
    page = joining.browser.get(f"{path}/you").text

    assert 'value="Nadia Newcomer"' in page
    assert re.search(r'<option value="Europe/London" selected\b', page)
    for language in ("en", "es"):
        assert re.search(rf'name="languages" value="{language}" checked', page)
    answer = joining.browser.post(
        f"{path}/meeting", availability=["Mon 07:00-08:00", "Sat 09:30-11:00"]
    )
    assert answer.status_code == 303
    page = joining.browser.get(f"{path}/meeting").text
    assert re.search(r'value="Mon 07:00-08:00"[^>]* checked', page)
    assert 'value="Sat 09:30-11:00"' in page


def test_a_mentor_joins_with_one_page(joining: Joining) -> None:
    path = joining.begin("omar@example.org", "mentor")
    assert joining.browser.post(f"{path}/send", on=path, adult="yes").location == path

    profile = joining.profile()
    assert profile.state is ProfileState.AWAITING_APPROVAL
    assert profile.capacity == 3
    assert profile.answers["specialties"] == ["pediatrics"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("peds", ["pediatrics"]),
        ("OB/GYN", ["obstetrics-gynecology"]),
        ("peds; OB/GYN", ["pediatrics", "obstetrics-gynecology"]),
        ("Pediatrics, cardiology", ["pediatrics", "cardiology"]),
    ],
)
def test_several_words_are_found_at_once_without_scripts(
    joining: Joining, words: str, ids: list[str]
) -> None:
    path = joining.begin("nadia@example.org", "mentee")
    looked = joining.browser.post(
        f"{path}/hopes", specialty_interests=words, look="specialty_interests"
    )
    assert looked.status_code == 200
    for id in ids:
        assert f'name="specialty_interests" value="{id}" checked' in looked.text
    assert "specialty_interests" not in joining.profile().answers

    joining.browser.post(f"{path}/hopes", specialty_interests=["neurology", words])
    assert joining.profile().answers["specialty_interests"] == ["neurology", *ids]


def test_what_is_known_of_a_person_is_filled_in_when_they_join_again(joining: Joining) -> None:
    joining.begin("nadia@example.org", "mentee")
    page = joining.browser.get(f"/programs/{joining.program.slug}/join/mentor").text

    (name,) = re.findall('<input id="full_name"[^>]*>', page)
    assert f'value="{YOU["full_name"]}"' in name
    assert f'<option value="{YOU["timezone"]}" selected ' in page
    (places,) = re.findall('<input id="capacity"[^>]*>', page)
    assert 'value="2"' in places


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_lost(joining: Joining) -> None:
    join = joining.sign_in("nadia@example.org", "mentee")
    answer = joining.browser.post(
        join, full_name="!!!", career_stage="", timezone="Mars/Base", languages="klingon",
        city="Leeds <b>",
    )  # fmt: skip
    assert answer.status_code == 422
    assert "5 answers need fixing" in answer.text
    assert 'value="!!!"' in answer.text
    assert "Leeds &lt;b&gt;" in answer.text
    assert "klingon" in answer.text
    with database.reading(joining.engine) as session:
        assert session.scalar(select(func.count()).select_from(Profile)) == 0


def test_an_unknown_part_of_the_form_is_no_page(joining: Joining) -> None:
    path = joining.begin("nadia@example.org", "mentee")
    assert joining.browser.get(f"{path}/nonsense").status_code == 404
    assert joining.browser.post(f"{path}/offer", on=path).status_code == 404


def test_someone_with_a_profile_is_led_to_it(joining: Joining) -> None:
    path = joining.begin("nadia@example.org", "mentee")
    join = f"/programs/{joining.program.slug}/join/mentee"
    assert joining.browser.get(join).location == path
    again = joining.browser.post(join, on="/", **YOU)
    assert again.location.startswith(path)
    with database.reading(joining.engine) as session:
        assert session.scalar(select(func.count()).select_from(Profile)) == 1


EDU = {"email_domains": ("example.edu",)}
AWAITING, READY = ProfileState.AWAITING_APPROVAL, ProfileState.READY


@pytest.mark.parametrize(
    ("role", "address", "door", "state"),
    [
        ("mentee", "a@med.example.edu", {}, AWAITING),
        ("mentee", "a@med.example.edu", EDU, READY),
        ("mentee", "a@notexample.edu", EDU, AWAITING),
        ("mentor", "a@example.edu", EDU, AWAITING),
        ("mentor", "a@example.edu", EDU | {"approve_mentors": False}, READY),
    ],
)
def test_the_door_opens_as_the_program_says(
    joining: Joining, role: str, address: str, door: dict[str, Any], state: ProfileState
) -> None:
    set_door(joining.engine, joining.program, **door)
    path = joining.begin(address, role)
    joining.browser.post(f"{path}/send", on=path, adult="yes")

    assert joining.profile().state is state
    with database.reading(joining.engine) as session:
        kinds = set(session.scalars(select(Email.kind)))
    assert (EmailKind.WELCOME in kinds) == (state is ProfileState.READY)


def test_a_closed_door_lets_no_one_in(joining: Joining, browser: Any) -> None:
    set_door(joining.engine, joining.program, registration_open=False)
    front = f"/programs/{joining.program.slug}"
    assert "This program is by invitation only" in browser.get(front).text
    assert 'name="email"' not in browser.get(f"{front}/join/mentee").text
    browser.post(f"{front}/join/mentee/address", on="/sign-in", email="nobody@example.org")
    with database.transaction(joining.engine) as session:
        sign_in_links.answer_requests(session)
        assert session.scalar(select(Person).where(Person.email_key.contains("nobody"))) is None
    assert joining.program.name not in browser.get("/").text


def test_a_closed_door_stays_closed_to_someone_signed_in(joining: Joining) -> None:
    join = joining.sign_in("nadia@example.org", "mentee")
    keys = joining.browser.keys(join)
    set_door(joining.engine, joining.program, registration_open=False)
    assert joining.browser.send(join, keys | YOU).status_code == 409


def test_pausing_coming_back_and_leaving(joining: Joining) -> None:
    set_door(joining.engine, joining.program, email_domains=("example.org",))
    path = joining.begin("nadia@example.org", "mentee")
    joining.browser.post(f"{path}/send", on=path, adult="yes")
    for action, state in (
        ("pause", ProfileState.PAUSED),
        ("resume", ProfileState.READY),
        ("leave", ProfileState.LEFT),
    ):
        assert joining.browser.post(f"{path}/{action}", on=path).status_code == 303
        assert joining.profile().state is state


def test_a_mentor_who_lowers_places_changes_the_capacity(joining: Joining) -> None:
    path = joining.begin("omar@example.org", "mentor")
    joining.browser.post(f"{path}/offer", **(OFFER | {"capacity": "1"}))
    assert joining.profile().capacity == 1
    assert joining.browser.post(f"{path}/offer", **(OFFER | {"capacity": "51"})).status_code == 422


def test_every_question_is_asked_in_exactly_one_place_or_is_a_coordinators_note() -> None:
    from matching.profiles.columns import of_role

    notes = {
        "mentee_id", "mentor_id", "email", "rounds_waiting", "status", "joined_on", "past_mentees",
        "mentor_picks",
    }  # fmt: skip
    for role in Role:
        asked = [name for section in questionnaire.SECTIONS[role] for name in section.questions]
        assert len(asked) == len(set(asked))
        if role is Role.MENTEE:
            # What a mentee has done is shown to no one's use in matching, and costs a page.
            notes |= {"experiences"}
        else:
            notes -= {"experiences"}
        assert set(asked) == set(of_role(role.value)) - notes


def test_identity_is_asked_only_where_the_policy_counts_it() -> None:
    section = questionnaire.SECTIONS[Role.MENTOR][1]
    without = {c.name for c in questionnaire.asked(section, {"weights": {"identity": 0}})}
    with_it = {c.name for c in questionnaire.asked(section, {"weights": {"identity": 5}})}

    assert with_it - without == {"gender", "communities"}


@pytest.mark.parametrize(("most", "limits"), [(1, []), (2, [(1, 2)]), (3, [(1, 3)])])
def test_mentees_who_can_ask_for_several_mentors_are_asked_how_many(
    most: int, limits: list[tuple[int, int]]
) -> None:
    columns = questionnaire.asked(
        questionnaire.SECTIONS[Role.MENTEE][3], {"weights": {}}, most_mentors=most
    )
    asked = [column for column in columns if column.name == "mentors_wanted"]

    assert [(column.reader.least, column.reader.most) for column in asked] == limits
    for typed in range(1, most + 1):
        answers, wrong = questionnaire.read(Role.MENTEE, asked, {"mentors_wanted": str(typed)})
        assert (answers, wrong) == ({"mentors_wanted": typed} if asked else {}, {})
    _answers, wrong = questionnaire.read(Role.MENTEE, asked, {"mentors_wanted": str(most + 1)})
    assert bool(wrong) is bool(asked)
    for message in wrong.values():
        assert f"from 1 to {most}" in message


def test_every_option_of_every_question_has_words() -> None:
    for column in COLUMNS:
        labels = [column.label(option) for option in column.options]
        assert len(set(labels)) == len(labels), column.name
        for option, label in zip(column.options, labels, strict=True):
            assert label != option, (column.name, option)


def test_the_hours_of_the_table_are_read_back_as_they_were_selected() -> None:
    cells = [cell for _hour, row in week.rows() for cell in row]
    assert len(cells) == len(set(cells)) == 7 * len(week.HOURS)
    column = next(
        c
        for c in questionnaire.asked(questionnaire.SECTIONS[Role.MENTEE][2], {"weights": {}})
        if c.name == "availability"
    )  # noqa: E501
    answers, wrong = questionnaire.read(Role.MENTEE, [column], {"availability": ";".join(cells)})
    assert wrong == {}
    assert len(answers["availability"]) == 7
