"""What one side of a pairing learns of the other, in emails and on pages alike."""

from __future__ import annotations

from typing import Any

from matching.profiles import names, taxonomy
from mentorship.language import gettext as _
from mentorship.models import Profile


def of_profile(profile: Profile) -> dict[str, Any]:
    """Return all that a match is shown of a profile: name, contact, stage and so on."""
    words = taxonomy.load()
    answers, person = profile.answers, profile.person
    return {
        "full_name": person.full_name,
        "called": person.called,
        "pronouns": person.pronouns,
        "email": person.email,
        "stage": _(words.label("stage", answers["career_stage"])),
        "place": ", ".join(
            names.shown(answers[name]) for name in ("institution", "city") if answers.get(name)
        ),
        "fields": [
            _(words.label("specialty", id))
            for id in answers.get("specialties") or answers.get("specialty_interests") or []
        ],
        "languages": [_(words.label("language", id)) for id in answers["languages"]],
        "ways": [_(words.label("modality", id)) for id in answers.get("modalities") or []],
        "timezone": answers["timezone"].replace("_", " "),
    }
