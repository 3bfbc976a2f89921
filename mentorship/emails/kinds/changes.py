"""What an email says of what a coordinator changed for its reader."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session, object_session

from mentorship import links
from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.examples import Cast, OfProfile
from mentorship.emails.kind import Kind
from mentorship.language import mark
from mentorship.models import AuditEntry, Email, EmailKind, Profile
from mentorship.people import on_behalf
from mentorship.settings import Settings
from mentorship.states import ProfileState


def profile_changed(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    columns, is_state_changed = on_behalf.told_by(session, profile, row.number)
    if profile.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    if not columns and not is_state_changed:
        raise Outdated("nothing was changed for this person")
    return Content(
        {
            # Coordinators read this email too, so it holds no answer that they may not read.
            "changes": on_behalf.worded(profile, columns),
            "is_paused": is_state_changed and profile.state is ProfileState.PAUSED,
            "is_resumed": is_state_changed and profile.state is ProfileState.READY,
            "link": links.to("", settings),
        },
        {"role": contents.role_name(profile.role)},
    )


@dataclass(frozen=True)
class OfChange(OfProfile):
    """About what was changed in someone's profile, to that person."""

    def posed(self, cast: Cast, kind: EmailKind) -> Email:
        row = super().posed(cast, kind)
        session = object_session(cast.applicant)
        if session is None:
            raise LookupError("the examples are in no session")
        session.add(
            AuditEntry(
                at=cast.at, actor="example", action=on_behalf.ACTION, program_id=cast.program.id,
                subject_id=cast.applicant.id,
                details={"email": row.number, "columns": ["languages", "goals"]},
            )
        )  # fmt: skip
        session.flush()
        return row


KINDS: dict[EmailKind, Kind] = {
    EmailKind.PROFILE_CHANGED: Kind(
        profile_changed,
        label=mark("A coordinator changed a profile"),
        subject=mark("Your {role} profile in {program} was changed"),
        opening=mark(
            "A coordinator of {program} changed your {role} profile for you. Here are the "
            "answers that changed, as they are now."
        ),
        fields=("role",),
        example=OfChange((ProfileState.READY, ProfileState.PAUSED)),
    ),
}
