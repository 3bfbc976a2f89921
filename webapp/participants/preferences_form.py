"""The form in which a person says which emails they want, as two pages show it."""

from __future__ import annotations

from sqlalchemy.orm import Session
from wtforms.validators import Optional

from mentorship.errors import Invalid
from mentorship.language import mark
from mentorship.models import Person
from mentorship.people import preferences
from webapp.forms import DayField, Form, TickField


class PreferencesForm(Form):
    """Whether reminders come, and the first and last day of a time without them."""

    wants_reminders = TickField(
        mark(
            "Reminders, questions about how it's going, invitations, and messages from "
            "coordinators: at most one reminder every two weeks"
        )
    )
    quiet_from = DayField(mark("First day"), [Optional()], render_kw={"class": "short"})
    quiet_until = DayField(mark("Last day"), [Optional()], render_kw={"class": "short"})

    def keep(self, session: Session, person: Person) -> bool:
        """Return whether what was validated could be kept; else the form says why not."""
        try:
            preferences.change(session, person, **self.data)
        except Invalid as error:
            self.explain(error)
        return not self.errors
