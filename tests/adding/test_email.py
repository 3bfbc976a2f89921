"""A further kind of email is two rows, a template, and a line for the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from copies import Copy
from patience import patient

from mentorship.models import EmailKind

#: What is added, each before the line that it stands above.
ROWS = {
    "mentorship/models/email.py": (
        "    def __new__(\n",
        '    ANNIVERSARY = "anniversary", Cause.PAIRING, Trait.WHILE_PAIRED | _REMINDER\n\n',
    ),
    "mentorship/emails/kinds/checkins.py": (
        "    EmailKind.MENTOR_PULSE: Kind(\n",
        """    EmailKind.ANNIVERSARY: Kind(
        mentee_pulse,
        label=mark("To a mentee: a year of meetings"),
        subject=mark("A year with {mentor}"),
        opening=mark("A year ago we introduced you to {mentor}. How is it going?"),
        fields=("mentor",),
        example=OfPairing(Role.MENTEE),
    ),
""",
    ),
}
TEMPLATE = """{# Its subject and opening: emails/kinds/checkins.py #}
{% extends "message.jinja" %}
{% block body %}
{% call e.paragraph() %}{{ _("Thank you for meeting. Please tell us.") }}{% endcall %}
{{ e.choices(choices) }}
{% endblock %}
"""
#: The database checks which kinds there are.
MIGRATION = """from alembic import op

revision, down_revision = "9999", {newest!r}
KINDS = {kinds!r}


def upgrade() -> None:
    allow((*KINDS, "anniversary"))


def downgrade() -> None:
    op.execute("DELETE FROM emails WHERE kind = 'anniversary'")
    allow(KINDS)


def allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("emails") as batch:
        batch.drop_constraint(op.f("ck_emails_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_emails_kind"), f"kind IN {{kinds}}")
"""


@pytest.mark.timeout(patient(1000))
def test_a_kind_of_email_is_two_rows_and_a_template_and_is_known_to_the_database(
    tmp_path: Path,
) -> None:
    copy = Copy(
        tmp_path,
        "matching",
        "mentorship",
        "webapp",
        "worker",
        "tests",
        "pyproject.toml",
        "babel.cfg",
    )
    for name, (before, row) in ROWS.items():
        copy.insert(name, row, before=before)
    copy.write("mentorship/emails/bodies/anniversary.jinja", TEMPLATE)
    versions = tmp_path / "mentorship/migrations/versions"
    newest = max(file.name for file in versions.glob("0*.py"))[:4]
    migration = MIGRATION.format(newest=newest, kinds=tuple(kind.value for kind in EmailKind))
    (versions / "9999_anniversaries.py").write_text(migration)
    # As `make messages` does.
    copy.output("-m", "babel.messages.frontend", *EXTRACT)

    # The words of a new email are looked at once, and approved.
    emails = "tests/mentorship/emails"
    copy.passed(f"{emails}/test_messages.py", "-k", "approved and anniversary", APPROVE="1")

    # Composed, read with ease, translated, worded and previewed: by the checks that hold for all;
    # previewed, and listed by its label, on the pages of coordinators.
    pages = [
        "tests/webapp/coordinators/test_wordings.py::"
        "test_every_kind_can_be_looked_at_and_none_runs_anything",
        "tests/webapp/coordinators/test_emails.py::test_every_kind_has_words",
    ]
    of_kind = "anniversary and not postgresql"
    passed = copy.passed(emails, *pages, "-k", f"({of_kind}) or every_kind_can or every_kind_has")
    assert passed >= 9 + 2, "the checks of emails no longer go through all kinds"


EXTRACT = (
    "--quiet", "extract", "--mapping", "babel.cfg", "--keyword", "mark",
    "--omit-header", "--sort-output", "--no-location", "--no-wrap", "--output",
    "mentorship/translations/preceptor.pot", ".",
)  # fmt: skip
