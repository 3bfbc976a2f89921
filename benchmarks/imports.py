"""Bringing 10,000 mentees and 3,000 mentors in from spreadsheets of any wording, into SQLite.

Processor time of the child that reads each file, and of writing its people. Run
`python benchmarks/imports.py`.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

# Beside this file, `matching` is a benchmark.
sys.path[0] = str(Path(__file__).parents[1] / "tests" / "support")

import spreadsheets

from matching.mapping.decisions import Decisions
from mentorship import database, migrations
from mentorship.models import Role
from mentorship.people import enrollment, stored_reports
from mentorship.programs import programs
from mentorship.service import upload_reader

DECIDED = Decisions(defaults={"timezone": "America/New_York", "languages": "English"})


def main() -> None:
    files = (
        (Role.MENTOR, "mentors.xlsx", spreadsheets.list_by_hand(3_000, 1)),
        (Role.MENTEE, "mentees.csv", spreadsheets.form_export(10_000, 2)),
    )
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/benchmark.db"
        engine = database.make_engine(url)
        migrations.upgrade(engine)
        with database.transaction(engine) as session:
            programs.add(session, "benchmark", programs.Settings(name="Benchmark"))
        for role, name, data in files:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            report = stored_reports.read(role, upload_reader.read(data, role, name, DECIDED))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            read = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            start = time.process_time()
            with database.transaction(engine) as session:
                program = programs.get(session, "benchmark")
                enrollment.apply(session, program, report, actor="benchmark", consented="a form")
            wrote = time.process_time() - start
            print(
                f"{report.added} {role}s: read in {read:.1f} s ({after.ru_maxrss / 1024:.0f} MiB), "
                f"written in {wrote:.1f} s; {len(report.problems)} problems"
            )


if __name__ == "__main__":
    main()
