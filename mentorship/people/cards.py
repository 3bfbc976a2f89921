"""What one person learns about another at a glance, in emails and on pages alike."""

from __future__ import annotations

from dataclasses import dataclass

from matching.profiles import names, taxonomy
from mentorship.language import gettext as _
from mentorship.models import Profile
from mentorship.people import sight
from mentorship.people.sight import Viewer


@dataclass(frozen=True)
class Card:
    """A person as one viewer sees them; what the viewer may not read is empty."""

    #: Their full name, or the words that stand for it.
    title: str
    #: What they are called inside a sentence.
    called: str
    pronouns: str
    email: str
    stage: str
    #: Institution and city.
    place: str
    fields: list[str]
    languages: list[str]
    ways: list[str]
    timezone: str

    @property
    def background(self) -> str:
        """Return career stage and fields, which tell people apart without a name."""
        return ", ".join(filter(None, (self.stage, *self.fields[:2])))


def of_profile(profile: Profile, viewer: Viewer) -> Card:
    """Return what a viewer is shown of a profile."""
    words = taxonomy.load()
    seen = sight.answers(profile, viewer)

    def labels(kind: str, ids: list[str] | None) -> list[str]:
        return [_(words.label(kind, id)) for id in ids or []]

    return Card(
        title=sight.title(profile, viewer),
        called=sight.called(profile, viewer),
        pronouns=names.shown(seen.get("pronouns", "")),
        email=sight.address(profile, viewer),
        stage=_(words.label("stage", seen["career_stage"])) if "career_stage" in seen else "",
        place=", ".join(
            names.shown(seen[name]) for name in ("institution", "city") if name in seen
        ),
        fields=labels("specialty", seen.get("specialties") or seen.get("specialty_interests")),
        languages=labels("language", seen.get("languages")),
        ways=labels("modality", seen.get("modalities")),
        timezone=seen.get("timezone", "").replace("_", " "),
    )
