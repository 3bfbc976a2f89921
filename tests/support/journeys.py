"""What people do at a site, from the first page to the pairing that they read about."""

from __future__ import annotations

import re

from browsing import Emails, Visitor, text_of, visiting, wait_for_email
from playwright.sync_api import Browser


def sign_in(visitor: Visitor, emails: Emails, address: str) -> None:
    """Sign in by the code of the email, on the page that asks for it."""
    before = set(map(id, emails()))
    visitor.page.get_by_label("Your email address").fill(address)
    visitor.press("Send me a code")
    message = wait_for_email(
        lambda: [m for m in emails() if id(m) not in before], address, "is your sign-in code"
    )
    visitor.page.get_by_label("Your 8-character code").fill(str(message["Subject"])[:9])
    visitor.press("Sign in")


def join_as_mentee(visitor: Visitor, emails: Emails, slug: str, address: str, name: str) -> None:
    """A mentee comes by the program's front page, fills in four pages, and sends them in."""
    page = visitor.page
    visitor.open(f"/programs/{slug}")
    visitor.look("front")
    visitor.follow("Join as a mentee")
    visitor.look("join-address")
    sign_in(visitor, emails, address)
    visitor.look("join-you")
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Where are you in your career?").select_option("resident")
    page.get_by_label("Time zone").select_option("Europe/London")
    visitor.choose("Languages you can meet in", "english")
    visitor.press("Save and continue")
    visitor.choose("Specialties you're interested in", "peds", "OB/GYN")
    visitor.choose("What do you want help with?", "interview")
    page.get_by_label("What are you hoping for").fill("A year from now I want to know my field.")
    visitor.look("join-hopes")
    visitor.press("Save and continue")
    page.get_by_label("Video call").check()
    page.get_by_label("Monday 18:00").check()
    visitor.look("join-meeting")
    visitor.press("Save and continue")
    page.get_by_label("Only a little ahead").check()
    visitor.look("join-wishes")
    visitor.press("Save and continue")
    visitor.look("join-preview")
    page.get_by_label("I am 18 or older").check()
    visitor.press("Submit form")
    assert visitor.sees("Submitted, waiting for approval")
    visitor.look("join-sent")


def join_as_mentor(visitor: Visitor, emails: Emails, slug: str, address: str, name: str) -> None:
    """A mentor fills in the one page that is needed, and sends it in."""
    page = visitor.page
    visitor.open(f"/programs/{slug}")
    visitor.follow("Join as a mentor")
    sign_in(visitor, emails, address)
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Where are you in your career?").select_option("early-career-physician")
    page.get_by_label("Time zone").select_option("Europe/London")
    visitor.choose("Languages you can meet in", "english")
    visitor.choose("Specialties you work in", "pediatrics")
    visitor.choose("What can you help with?", "interview")
    page.get_by_label("How many mentees can you take on?").fill("1")
    page.get_by_label("Video call").check()
    visitor.look("join-offer")
    visitor.press("Save and continue")
    visitor.look("join-more")
    visitor.follow("Skip this step")
    page.get_by_label("I am 18 or older").check()
    visitor.press("Submit form")
    assert visitor.sees("Submitted, waiting for approval")


def admit_everybody(visitor: Visitor, slug: str) -> None:
    """The coordinator reads who registered; approves one on their page, the rest in the list."""
    visitor.open(f"/programs/{slug}/desk")
    assert visitor.sees("waiting for approval")
    visitor.look("desk-waiting")
    review = re.compile(r"Review (the person|\d+ people)")
    visitor.leave_by(visitor.page.get_by_role("link", name=review))
    visitor.look("people-waiting")
    visitor.leave_by(visitor.page.locator("tbody a").first)
    visitor.look("person-waiting")
    visitor.leave_by(visitor.page.get_by_role("button", name=re.compile("^Approve ")))
    assert visitor.sees("Approved. They'll get an email.")
    visitor.open(f"/programs/{slug}/people?state=awaiting_approval")
    for box in visitor.page.locator("tbody input[type=checkbox]").all():
        box.check()
    visitor.press("Approve selected")
    visitor.look("people-selected")
    visitor.leave_by(visitor.page.get_by_role("button", name=re.compile(r"^Approve \d+ pe")))
    assert visitor.sees("person approved")


def run_a_round(visitor: Visitor, slug: str) -> str:
    """The coordinator starts a round, watches it, looks at the pairs, publishes; its address."""
    visitor.open(f"/programs/{slug}/rounds")
    visitor.look("rounds")
    visitor.press("Start round")
    address = visitor.page.url
    assert visitor.sees("No one has been notified")
    visitor.look("round-proposed")
    # Pairs without a reason to be told are held back for a look.
    held = visitor.page.get_by_role("link", name=re.compile("^Held back"))
    if held.count():
        visitor.leave_by(held)
        visitor.press("Publish all of these with the round")
        visitor.open(address)
    visitor.follow("Review and publish")
    visitor.look("round-publish")
    visitor.press("Publish round")
    assert visitor.sees("Published. The emails are being sent.")
    visitor.look("emails")
    return str(address)


def tell_the_story(
    browser: Browser, site: str, emails: Emails, slug: str, link: str, axe: bool
) -> None:
    """Join, confirm, approve, start, watch, publish; both read their emails and their pairing."""
    mentee_address, mentor_address = f"mentee.{slug}@example.org", f"mentor.{slug}@example.org"
    with (
        visiting(browser, site, axe=axe) as mentee,
        visiting(browser, site, axe=axe) as mentor,
        visiting(browser, site, axe=axe) as coordinator,
    ):
        join_as_mentee(mentee, emails, slug, mentee_address, "Nadia Newcomer")
        join_as_mentor(mentor, emails, slug, mentor_address, "Omar Oakley")
        coordinator.open(link)
        coordinator.look("sign-in-link")
        coordinator.press("Sign in")
        coordinator.look("home-coordinator")
        admit_everybody(coordinator, slug)
        for address, role in ((mentee_address, "mentee"), (mentor_address, "mentor")):
            welcome = wait_for_email(emails, address, "Welcome to")
            assert f"as a {role}" in text_of(welcome)
        run_a_round(coordinator, slug)

        to_mentee = text_of(wait_for_email(emails, mentee_address, "is your mentor"))
        to_mentor = text_of(wait_for_email(emails, mentor_address, "Nadia"))
        for words, other, address in (
            (to_mentee, "Omar Oakley", mentor_address),
            (to_mentor, "Nadia Newcomer", mentee_address),
        ):
            assert other in words
            assert address in words
            assert "pediatrics" in words.lower()
        for visitor, address, other, other_address in (
            (mentee, mentee_address, "Omar Oakley", mentor_address),
            (mentor, mentor_address, "Nadia Newcomer", mentee_address),
        ):
            visitor.open("/account")
            visitor.leave_by(visitor.page.get_by_role("button", name="Sign out").first)
            visitor.open("/sign-in")
            sign_in(visitor, emails, address)
            visitor.open("/")
            assert visitor.sees(other)
            assert visitor.sees(other_address)
            assert visitor.sees("Why you two")
            visitor.look(f"home-{other.split()[0]}")
