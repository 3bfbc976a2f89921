"""Adding a kind of email takes its own places only: done in a copy, which then works as a whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from patience import patient

from mentorship.models import EmailKind

ROOT = Path(__file__).parents[1]

#: What is added, each before the line that it stands above.
ROWS = {
    "mentorship/models/email.py": (
        "    def __new__(\n",
        '    ANNIVERSARY = "anniversary", Cause.PAIRING, Trait.WHILE_PAIRED | _REMINDER\n\n',
    ),
    "mentorship/emails/kinds.py": (
        "}\n\n\ndef label(",
        """    EmailKind.ANNIVERSARY: Kind(
        checkins.mentee_pulse,
        label=_mark("To a mentee: a year of meetings"),
        subject=_mark("A year with {mentor}"),
        opening=_mark("A year ago we introduced you to {mentor}. How is it going?"),
        fields=("mentor",),
        example=OfPairing(Role.MENTEE),
    ),
""",
    ),
}
TEMPLATE = """{% extends "message.jinja" %}
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
    for folder in ("matching", "mentorship", "webapp", "worker", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ("pyproject.toml", "babel.cfg"):
        shutil.copy(ROOT / file, tmp_path)
    for name, (before, row) in ROWS.items():
        text = (tmp_path / name).read_text()
        assert text.count(before) == 1
        (tmp_path / name).write_text(text.replace(before, row + before))
    (tmp_path / "mentorship/emails/templates/anniversary.jinja").write_text(TEMPLATE)
    versions = tmp_path / "mentorship/migrations/versions"
    newest = max(file.name for file in versions.glob("0*.py"))[:4]
    migration = MIGRATION.format(newest=newest, kinds=tuple(kind.value for kind in EmailKind))
    (versions / "9999_anniversaries.py").write_text(migration)
    # As `make messages` does.
    python(tmp_path, "-m", "babel.messages.frontend", *EXTRACT)

    # The words of a new email are looked at once, and approved.
    emails = "tests/mentorship/emails"
    checks(tmp_path, f"{emails}/test_messages.py", "-k", "approved and anniversary", APPROVE="1")

    # Composed, read with ease, translated, worded and previewed: by the checks that hold for all.
    passed = checks(tmp_path, emails, "-k", "anniversary and not postgresql")
    assert passed >= 9, "the checks of emails no longer go through all kinds"
    # Previewed, and listed by its label, on the pages of coordinators.
    pages = [f"tests/webapp/coordinators/{name}.py" for name in ("test_wordings", "test_emails")]
    assert checks(tmp_path, *pages, "-k", "every_kind") == 2


EXTRACT = (
    "--quiet", "extract", "--mapping", "babel.cfg", "--keyword", "_mark", "--omit-header",
    "--sort-output", "--no-location", "--no-wrap", "--output",
    "mentorship/translations/preceptor.pot", ".",
)  # fmt: skip


def checks(folder: Path, *arguments: str, **environment: str) -> int:
    """Run tests of the copy; return how many passed. None may fail, nor may there be none."""
    output = python(
        folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, **environment
    )
    return int(output.rsplit(" passed", 1)[0].rsplit(maxsplit=1)[-1])


def python(folder: Path, *arguments: str, **environment: str) -> str:
    """Run Python in the copy and return what it said."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True,
        env=inherited | {"PYTHONPATH": str(folder)} | environment, timeout=patient(280),
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
