"""Names and addresses that would be known anywhere, and the places where they must not be."""

from __future__ import annotations

import csv
import http.client
import random
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import factories
import faults
import pytest
from fleets import Fleet
from patience import patient
from visitors import Visitor

from matching.profiles.columns import COLUMNS
from matching.profiles.texts import Line, Name, Prose

#: What people say in their own words.
FREE = (Line, Prose, Name)


def write(file: Path, role: str, number: int, slug: str) -> set[str]:
    """Write a list of people with a word of its own in every field of free words."""
    make = factories.mentee_answers if role == "mentee" else factories.mentor_answers
    rows, canaries = [], set()
    for person in range(number):
        address = f"canary-{role}-{person}@{slug}.example.org"
        row = make(email=address)
        canaries.add(address)
        for column in COLUMNS:
            if column.asked_of(role) and isinstance(column.reader, FREE):
                row[column.name] = f"Canary{role}{person}{column.name}".replace("_", "")
                canaries.add(str(row[column.name]))
        rows.append({k: "; ".join(v) if isinstance(v, list) else v for k, v in row.items()})
    with file.open("w", newline="") as output:
        writer = csv.DictWriter(output, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return canaries


def ask_to_sign_in(fleet: Fleet, address: str) -> None:
    """Ask for a link, and try a code that is wrong: what is typed there must not be logged."""
    visitor = Visitor(fleet.port)
    visitor.send("/sign-in", visitor.form("/sign-in"), email=address)
    visitor.send("/sign-in/code", visitor.form("/sign-in/code"), code="CANARYCO")
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=patient(30))
    query = urllib.parse.urlencode({"then": f"/{address}"})
    connection.request("GET", f"/sign-in?{query}", headers={"User-Agent": f"{address}\tx"})
    connection.getresponse().read()
    connection.close()


def test_no_name_or_address_is_in_a_log_or_in_redis(
    fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    rates = {name: 4 * rate for name, rate in faults.FAULTS.items() if "hang" not in name}
    fleet = fleets(rates=rates, settings={"LOG_LEVEL": "DEBUG"})
    fleet.add_worker("matching", "matching")
    fleet.add_worker("mail", "mail", 2)
    fleet.add_beat()
    fleet.add_web()
    fleet.run("program", "add", "canary", "--name", "Canary")
    canaries = {"CANARYCO"}
    for role, number in (("mentee", 6), ("mentor", 3)):
        file = fleet.folder / f"{role}s.csv"
        canaries |= write(file, role, number, "canary")
        fleet.run("import", str(file), "--as", role, "--program", "canary", "--consented", "test")
    round_id = fleet.run("round", "start", "--program", "canary")["id"]
    ask_to_sign_in(fleet, "canary-mentee-0@canary.example.org")
    ask_to_sign_in(fleet, "canary-stranger@canary.example.org")
    canaries.add("canary-stranger@canary.example.org")
    fleet.wait_for(round_id, "proposed")
    fleet.kill_child("matching", chance)
    fleet.run("round", "publish", "--held", round_id)
    fleet.kill_child("mail", chance)
    fleet.wait_for_emails()

    assert len(canaries) > 40
    assert "preceptor.send-email" in fleet.log("monitor")
    assert "matching begins" in fleet.log("matching")
    fleet.check_logs(*canaries)
    relay = [copy.recipient for copy in fleet.record.copies()]
    assert any(recipient.startswith("canary-") for recipient in relay)


def test_the_check_finds_what_it_looks_for(fleets: Callable[..., Fleet]) -> None:
    fleet = fleets()
    fleet.make_program(1, 1)
    log = fleet.folder / "logs" / "relay.log"
    log.write_text("to MENTEE0@" + "x.example.org")
    with pytest.raises(AssertionError, match="mentee0@x"):
        fleet.check_logs("mentee0@x.example.org")
