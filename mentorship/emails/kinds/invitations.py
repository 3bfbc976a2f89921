"""What emails about joining and signing in say."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mentorship import links
from mentorship.accounts import sessions, sign_in_links
from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.examples import OfProfile
from mentorship.emails.kind import Kind
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.links import Purpose
from mentorship.models import Email, EmailKind, Profile, SignInLink
from mentorship.settings import Settings
from mentorship.states import ProfileState


def invitation(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    if profile.state is not ProfileState.UNCONFIRMED:
        raise Outdated("the invitation was answered, or is no longer open")
    return Content(
        {"link": contents.link(row, Purpose.INVITATION, profile.id, settings)},
        {"role": contents.role_name(profile.role)},
    )


def unfinished_profile(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    fields = {"role": contents.role_name(profile.role)}
    if profile.state is ProfileState.UNCONFIRMED:
        link = contents.link(row, Purpose.INVITATION, profile.id, settings)
        return Content({"is_invited": True, "link": link}, fields)
    if profile.state is ProfileState.DRAFT:
        return Content({"is_invited": False, "link": links.to("", settings)}, fields)
    raise Outdated("the profile is finished, or the person has left")


def sign_in(session: Session, row: Email, settings: Settings) -> Content:
    link = session.get(SignInLink, row.cause_id)
    if link is None or not sign_in_links.is_usable(session, link):
        raise Outdated("the request to sign in was used, or is too old")
    secret, letters = _secrets(link, settings)
    code = f"{letters[:4]} {letters[4:]}"
    if link.for_joining:
        asked = _("Someone, most likely you, asked to join a program or sign in with this address.")
    else:
        asked = _("Someone, most likely you, asked to sign in with this address.")
    return Content(
        {
            "link": links.to(f"sign-in/{secret}", settings),
            "code": code,
            "minutes": round((link.expires_at - link.created_at).total_seconds() / 60),
        },
        {"code": code, "asked": asked},
    )


def _secrets(link: SignInLink, settings: Settings) -> tuple[str, str]:
    """Return the secret and the code of a request, which may be older than the present key."""
    made = [
        links.sign_in_secrets(link.id, settings.replace(secret_key=key))
        for key in reversed(settings.secret_keys)
    ]
    return next((each for each in made if sessions.hashed(each[0]) == link.token_hash), made[0])


def welcome(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    if profile.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    shown = {"role": profile.role, "link": links.to("", settings)}
    return Content(shown, {"role": contents.role_name(profile.role)})


def enrolled(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    if profile.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    fields = {"role": contents.role_name(profile.role), "agreed_where": profile.consent or ""}
    return Content({"role": profile.role, "link": links.to("", settings)}, fields)


def not_admitted(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    return Content({}, {"role": contents.role_name(profile.role)})


KINDS: dict[EmailKind, Kind] = {
    EmailKind.INVITATION: Kind(
        invitation,
        label=mark("Invitation"),
        subject=mark("Will you take part in {program} as a {role}?"),
        opening=mark(
            "{contact} suggested you as a {role} in {program}, a mentoring program in "
            "medicine. You'll take part only if you say yes."
        ),
        fields=("role",),
        example=OfProfile((ProfileState.UNCONFIRMED,)),
    ),
    EmailKind.UNFINISHED_PROFILE: Kind(
        unfinished_profile,
        label=mark("Unfinished profile"),
        subject=mark("Your {role} profile for {program} isn't finished"),
        opening=mark(
            "You haven't joined {program} as a {role} yet. It takes a few minutes; once you have, "
            "you'll be included in the next round."
        ),
        fields=("role",),
        example=OfProfile((ProfileState.UNCONFIRMED,)),
    ),
    EmailKind.SIGN_IN: Kind(
        sign_in,
        label=mark("Sign-in code"),
        subject=mark("{code} is your sign-in code"),
        opening=mark("{asked} Your code, for the page where you asked:"),
    ),
    EmailKind.WELCOME: Kind(
        welcome,
        label=mark("Welcome"),
        subject=mark("Welcome to {program}"),
        opening=mark("You're now in {program} as a {role}."),
        fields=("role",),
        example=OfProfile(),
    ),
    EmailKind.ENROLLED: Kind(
        enrolled,
        label=mark("You've been enrolled"),
        subject=mark("You've been added to {program} as a {role}"),
        opening=mark(
            "{contact} has enrolled you as a {role} in {program}, a mentoring program in "
            "medicine. They say that you agreed to it here: {agreed_where}."
        ),
        fields=("role", "agreed_where"),
        example=OfProfile((ProfileState.READY, ProfileState.PAUSED)),
    ),
    EmailKind.NOT_ADMITTED: Kind(
        not_admitted,
        label=mark("Registration declined"),
        subject=mark("About your registration for {program}"),
        opening=mark(
            "Thank you for your interest in {program} as a {role}. The coordinators have "
            "looked at your registration and can't offer you a place."
        ),
        fields=("role",),
        example=OfProfile(tuple(ProfileState)),
    ),
}
