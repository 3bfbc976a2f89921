"""The pages in a real browser: every page at every width, by keyboard, without scripts."""

from __future__ import annotations

import contextlib
import os
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import browsing
import journeys
import pytest
import shortcuts
from browsing import Visitor, visiting
from patience import wait_until
from playwright.sync_api import Browser, expect
from services import ROOT, WORKERS, RunningService
from shared import Shared
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database, links
from mentorship.links import Purpose
from mentorship.models import Base, Forecast, Pairing, Program
from mentorship.settings import Settings
from mentorship.states import PairingState
from webapp import create_app

#: Pages whose answer is no page to look at, or that another test looks at.
NO_PAGES = {
    "static", "health.alive", "health.ready", "health.metrics", "rounds.progress",
    "desk.progress",
    "policies.download", "emails.html", "wordings.html", "meetings.calendar", "uploads.template",
    "uploads.problems", "messages.html", "exports.people", "exports.emails", "exports.pairings",
    "exports.pairs", "exports.unmatched", "exports.health",
    "pairs.show", "pairs.person", "rounds.compare",
    "questions.index", "questions.new", "questions.edit",
}  # fmt: skip


@pytest.fixture(scope="module")
def service(shared: Shared) -> RunningService:
    """A service on SQLite; pages are the same on PostgreSQL, where the story is told as well."""
    return shared.on_sqlite()


@pytest.fixture(scope="module")
def chromium(shared: Shared) -> Browser:
    """A real browser."""
    return shared.browser()


def meeting_page(service: RunningService) -> str:
    """The page on which someone who was introduced notes a meeting."""
    settings = Settings(secret_key=(service.data / "secret_key").read_text())

    def page(session: Session) -> str:
        introduced = Pairing.state == PairingState.INTRODUCED
        pairing = session.scalars(select(Pairing).where(introduced).limit(1)).one()
        token = links.token(
            Purpose.FIRST_MEETING,
            pairing.mentee.person,
            pairing.id,
            database.now(session),
            settings,
        )
        return f"/meetings/{token}"

    return service.ask(page)


@pytest.fixture(scope="module")
def shown(service: RunningService, chromium: Browser) -> dict[str, Any]:
    """A program with a published round, an open one, a draft, an upload: all there is.

    Its people are the first of the sample: enough for lists of several pages.
    """
    slug = "shown"
    name = "Sample Mentoring Program"
    service.act(lambda session: shortcuts.add_program(session, slug, 120, 35, name))
    cookies = {}
    with visiting(chromium, service.site, axe=False) as coordinator:
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        published = journeys.run_a_round(coordinator, slug)
        coordinator.open(f"/programs/{slug}/uploads")
        file = service.folder / "some.csv"
        file.write_text("mentee_id,full_name,email,career_stage,timezone,languages\n"
                        "a,Ana,ana@example.org,resident,Europe/London,en\n"
                        "b,,not an address,nobody,Mars,klingon\n")  # fmt: skip
        coordinator.page.get_by_label("Mentees").check()
        coordinator.page.get_by_label("The file").set_input_files(file)
        coordinator.press("Upload file")
        mapping = coordinator.page.url
        upload = mapping.removesuffix("/columns")
        coordinator.open(f"/programs/{slug}/rounds")
        coordinator.page.get_by_label("Only unmatched mentees").check()
        coordinator.press("Start round")
        proposed = coordinator.page.url
        assert coordinator.sees("No one has been notified")
        coordinator.open(f"/programs/{slug}/people")
        person = coordinator.page.locator("tbody a").first.get_attribute("href")
        tick = str(coordinator.page.locator("tbody input").first.get_attribute("value"))
        coordinator.open(f"/programs/{slug}/messages/new?role=mentor")
        coordinator.page.get_by_label("Subject").fill("Friday")
        coordinator.page.get_by_label("Message", exact=True).fill("We meet.\n\nhttps://example.org")
        coordinator.press("Preview message")
        letter = coordinator.page.url
        service.wait_for_emails(slug)
        coordinator.open(f"/programs/{slug}/emails?state=sent&kind=mentee_introduction")
        email = coordinator.page.locator("tbody a").first.get_attribute("href")
        cookies["coordinator"] = coordinator.context.cookies()
    with visiting(chromium, service.site, axe=False) as mentee:
        journeys.join_as_mentee(mentee, service.emails, slug, "drafted@example.org", "Dora Draft")
        mentee.open("/")
        profile = mentee.page.get_by_role("link", name=re.compile("change your answers"))
        mentee_profile = str(profile.get_attribute("href"))
        mentee.open("/account")
        mentee.page.get_by_label("New email address").fill("dora.new@example.org")
        mentee.press("Send me a link")
        confirmation = browsing.wait_for_email(service.emails, "dora.new@", "")
        cookies["mentee"] = mentee.context.cookies()
    path = service.folder / "invited.csv"
    path.write_text("mentee_id,full_name,email,career_stage,timezone,languages\n"
                    "inv,Ines,ines@example.org,resident,Europe/London,en\n")  # fmt: skip
    service.run("import", str(path), "--as", "mentee", "--program", slug)
    message = browsing.wait_for_email(service.emails, "ines@", "take part")
    invitation = re.search(r"http\S+/invitations/\S+", browsing.text_of(message))
    assert invitation
    answering, answered = (
        personal_link(message, "answers").partition("?")[0]
        for message in introductions(service)[:2]
    )
    unsubscribe = str(message["List-Unsubscribe"]).strip("<>").removeprefix(service.site)
    with visiting(chromium, service.site) as steps_out:
        steps_out.open(f"{answered}?choice=step_out")
        steps_out.press("This isn't the right match")
        assert steps_out.sees("You can undo this until")
    # The overview is looked at with its forecast.
    taken = (
        select(Forecast.taken_at)
        .join(Program, Forecast.program_id == Program.id)
        .where(Program.slug == slug)
    )
    with service.forecasting():
        wait_until("the forecast", lambda: service.ask(lambda s: s.scalar(taken)), 300)
    strip = service.site
    desk = f"/programs/{slug}"
    published, proposed, upload, letter = (
        address.removeprefix(strip) for address in (published, proposed, upload, letter)
    )
    pages = {
        "stranger": [
            "/", desk, f"{desk}/join/mentee", f"{desk}/join/mentor", "/sign-in", "/sign-in/code",
            "/sign-in/used", "/styleguide", "/no/such/page", invitation[0].removeprefix(strip),
            answering, answered, meeting_page(service), unsubscribe,
            personal_link(message, "preferences"),
        ],
        "mentee": [
            "/", "/account", personal_link(confirmation, "account/address"), mentee_profile,
            *(f"{mentee_profile}/{part}" for part in ("you", "hopes", "meeting", "wishes")),
            f"{desk}/join/mentor",
        ],
        "coordinator": [
            "/", f"{desk}/desk", f"{desk}/desk?by=topic", f"{desk}/coordinators", f"{desk}/people",
            f"{desk}/people?role=mentor&need=free&field=cardiology",
            f"{desk}/people?q=nobody-of-this-name",
            f"{desk}/people?state=awaiting_approval", str(person), f"{desk}/uploads", upload,
            f"{upload}/columns", "/programs/new",
            f"{desk}/rounds", f"{desk}/rounds/schedule", published,
            f"{published}?view=unmatched&page=2",
            f"{published}?view=figures", proposed, f"{proposed}/publish", f"{desk}/emails",
            f"{desk}/emails?state=sent&q=a", str(email), f"{desk}/wording",
            f"{desk}/wording/mentee_introduction", f"{desk}/policy", f"{desk}/settings",
            f"{desk}/messages/new?role=mentee", letter, f"{desk}/search?q=an",
            f"{desk}/people/selected?act=remind&profile={tick}", f"{desk}/report",
            f"{desk}/pairings", f"{desk}/pairings?view=trends", f"{person}/answers/you",
        ],
    }  # fmt: skip
    return {"slug": slug, "pages": pages, "cookies": cookies, "published": published}


def introductions(service: RunningService) -> list[EmailMessage]:
    """The emails that say who someone's mentor is."""
    return [m for m in service.emails() if "is your mentor" in str(m["Subject"])]


def personal_link(message: EmailMessage, page: str) -> str:
    """The path of a link in an email that acts for its reader."""
    found = re.search(rf"https?://[^/\s]+(/{page}/\S+)", browsing.text_of(message))
    assert found
    return found[1]


def page_of(shown: Any, end: str) -> str:
    """A page of the mentee's, by the end of its address."""
    return next(path for path in shown["pages"]["mentee"] if path.endswith(end))


def visit(
    service: RunningService, chromium: Browser, shown: Any, who: str, **options: Any
) -> Visitor:
    visitor = Visitor(chromium, service.site, **options)
    visitor.context.add_cookies(shown["cookies"].get(who, []))
    # The browser notes pages that are gone; they are looked at on purpose.
    # Scripts are barred from the emails that stand in frames, axe's too.
    visitor.expected = ("410", "404", "Blocked script execution")
    return visitor


def test_every_page_is_among_those_that_are_looked_at(
    service: RunningService, shown: dict[str, Any]
) -> None:
    app = create_app(Settings(database_url="sqlite://", secret_key="k" * 32))
    adapter = app.url_map.bind("localhost")
    seen = {
        adapter.match(path.partition("?")[0])[0]
        for paths in shown["pages"].values()
        for path in paths
        if path != "/no/such/page"
    }
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and rule.endpoint not in NO_PAGES
    }

    assert seen == pages


@pytest.mark.parametrize("who", ["stranger", "mentee", "coordinator"])
def test_every_page_is_light_and_sound_at_every_width_light_and_dark(
    service: RunningService, chromium: Browser, shown: Any, who: str
) -> None:
    with contextlib.closing(visit(service, chromium, shown, who)) as visitor:
        browsing.check_fonts(visitor.page)
        broken: set[str] = set()
        with visitor.weighing() as weigh:
            for number, path in enumerate(shown["pages"][who]):
                visitor.open(path)
                visitor.look_at_every_width_light_and_dark(f"{who}-{number:02}")
                assert weigh() <= browsing.MOST_BYTES, path
                for font in browsing.FONTS:
                    broken |= {f"{path}: {font}: {word}" for word in visitor.broken_words(font)}
        assert not broken, "\n".join(sorted(broken))


def test_opening_links_of_emails_with_scripts_running_changes_no_row(
    service: RunningService, chromium: Browser, shown: Any
) -> None:
    personal = ("/invitations", "/answers", "/meetings", "/unsubscribe", "/preferences")
    links = [p for p in shown["pages"]["stranger"] if p.startswith(personal)]
    assert len(links) == 6
    with visiting(chromium, service.site) as asker:
        asker.open("/sign-in")
        asker.page.get_by_label("Your email address").fill("ines@example.org")
        asker.press("Send me a code")
        message = browsing.wait_for_email(service.emails, "ines@", "is your sign-in code")
        link = re.search(r"http\S+/sign-in/\S+", browsing.text_of(message))
        assert link
        # What workers do by themselves they do later, so that every change is the site's. No email
        # is kept waiting half-sent.
        wait_until("no email to be sent", service.has_no_email_to_send)
        with service.paused(*WORKERS):
            before = rows(service)
            for _ in range(10):
                for path in (*links, link[0]):
                    asker.open(path)
            # What scripts would send once the page is there has been sent by then.
            asker.page.wait_for_load_state("networkidle")
            assert rows(service) == before


def rows(service: RunningService) -> dict[str, Any]:
    """Everything that is stored."""
    return service.ask(
        lambda session: {
            name: sorted(map(repr, session.execute(table.select())))
            for name, table in Base.metadata.tables.items()
        }
    )


def test_the_form_can_be_filled_in_by_keyboard_alone(
    service: RunningService, chromium: Browser, shown: Any
) -> None:
    visitor = visit(service, chromium, shown, "mentee")
    path = page_of(shown, "/meeting")
    visitor.open(path)
    page = visitor.page
    page.get_by_label("Tuesday 18:00").focus()
    for key in ("Space", "ArrowDown", "Space", "ArrowRight", "ArrowRight", "ArrowUp", "Space"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Save").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.open(path)
    ticked = {box.get_attribute("value") for box in page.locator(".week input:checked").all()}
    assert ticked == {
        "Mon 18:00-19:00", "Tue 18:00-19:00", "Tue 19:00-20:00", "Thu 18:00-19:00",
    }  # fmt: skip

    # Enter in a field of text saves, it does not search.
    visitor.open(page_of(shown, "/you"))
    page.get_by_label("City").fill("Leeds")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    visitor.open(page_of(shown, "/you"))
    expect(page.get_by_label("City")).to_have_value("Leeds")

    # From the top of the page: the first stop leads past the header.
    visitor.open("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    visitor.close()


def test_hours_are_painted_with_a_mouse(
    service: RunningService, chromium: Browser, shown: Any
) -> None:
    visitor = visit(service, chromium, shown, "mentee")
    visitor.open(page_of(shown, "/meeting"))
    first, last = (visitor.page.get_by_label(f"Friday {hour}") for hour in ("09:00", "12:00"))
    first.scroll_into_view_if_needed()
    start, end = first.bounding_box(), last.bounding_box()
    assert start
    assert end
    mouse = visitor.page.mouse
    mouse.move(start["x"] + 5, start["y"] + 5)
    mouse.down()
    mouse.move(end["x"] + 5, end["y"] + 5, steps=20)
    mouse.up()
    for hour in range(8, 14):
        is_painted = 9 <= hour <= 12
        box = visitor.page.get_by_label(f"Friday {hour:02}:00")
        expect(box).to_be_checked(checked=is_painted)
    visitor.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_emails_are_seen_as_their_readers_see_them(
    service: RunningService, chromium: Browser, shown: Any, scheme: Any
) -> None:
    mailbox = service.output().split("The mailbox:  ")[1].split()[0]
    options: dict[str, Any] = {
        "viewport": {"width": 390, "height": 900}, "color_scheme": scheme,
    }  # fmt: skip
    with visiting(chromium, mailbox.partition("/?")[0], **options) as reader:
        reader.open(mailbox)
        reader.open("/?to=is+your+mentor")
        reader.look(f"mailbox-{scheme}")
        assert not [word for font in browsing.FONTS for word in reader.broken_words(font)]
        reader.page.set_viewport_size(options["viewport"])
        reader.leave_by(reader.page.locator("tbody a").first)
        letter = reader.page.frame_locator("iframe")
        expect(letter.get_by_role("heading", name="is your mentor")).to_be_visible()
        expect(letter.get_by_text("What to do now")).to_be_visible()
        reader.page.goto(reader.page.frames[1].url)
        # Scripts are barred from the letter, axe's too, so only what CSS can show is looked at.
        expect(reader.page.locator("h1")).to_contain_text(" is your mentor in ")


def test_the_pictures_of_the_readme(
    service: RunningService, chromium: Browser, shown: Any, tmp_path: Path
) -> None:
    """PICTURES=docs makes the README's pictures again."""
    folder = Path(os.environ.get("PICTURES", tmp_path))
    for name, who, path in (
        (
            "joining.png",
            "mentee",
            next(p for p in shown["pages"]["mentee"] if p.endswith("/hopes")),
        ),
        ("round.png", "coordinator", shown["published"]),
    ):
        visitor = visit(service, chromium, shown, who, viewport={"width": 1200, "height": 800})
        visitor.open(path)
        visitor.page.screenshot(path=folder / name)
        visitor.close()
        assert f"docs/{name}" in (ROOT / "README.md").read_text()
        assert (ROOT / "docs" / name).read_bytes().startswith(b"\x89PNG")
