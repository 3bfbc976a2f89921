"""The forms in which a file comes in, and in which its coordinator says what becomes of it."""

from __future__ import annotations

import enum

from flask_wtf.file import FileField
from wtforms.validators import ValidationError

from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Role
from webapp import forms
from webapp.forms import Form, LineField, TickField


class FileForm(Form):
    """A file of people, and their role."""

    role = forms.one_of(Role)
    file = FileField(
        mark("The file, up to 20 MB"),
        render_kw={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm,.ods", "required": True},
    )

    def validate_file(self, field: FileField) -> None:
        """Refuse a form without a file."""
        if field.data is None:
            raise ValidationError(_("Choose a file."))


class Agreed(enum.StrEnum):
    """Whether the people in a file have agreed to take part."""

    INVITE = "invite"  # not yet: they are sent an invitation
    YES = "yes"


class ImportForm(Form):
    """What becomes of a file that was read."""

    agreed = forms.one_of(Agreed)
    consented = LineField(mark("Where they agreed"), longest=200)
    skip_bad_rows = TickField(mark("Leave out the rows with problems."))
    overwrite_own = TickField(mark("Overwrite answers that people gave themselves."))
    add_suggested = TickField(
        mark(
            "Add the specialties and goals that people mention in their own words to their answers."
        )
    )

    def validate_consented(self, field: LineField) -> None:
        """Ask where people agreed, if they did."""
        if self.agreed.data == Agreed.YES and not field.data:
            raise ValidationError(
                _("Enter where these people agreed, such as “application form, May 2026”.")
            )

    @property
    def consent(self) -> str | None:
        """Return where these people agreed to take part, None where they are to be invited."""
        return self.data["consented"][:200] if self.agreed.data == Agreed.YES else None
