"""Solve hospital-resident with `matching` or `algmatch`: JSON on standard input and output."""

import json
import sys
import time
import warnings
from pathlib import Path

given = json.load(sys.stdin)
lists = json.loads(Path(given["lists"]).read_text())
mentees, mentors, places = lists["mentees"], lists["mentors"], lists["capacity"]

if given["peer"] == "matching":
    from matching.games import HospitalResident

    # It warns about mentors whom no one named.
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    game = HospitalResident.create_from_dictionaries(
        dict(enumerate(mentees)), dict(enumerate(mentors)), dict(enumerate(places))
    )
    found = game.solve()
    seconds = time.perf_counter() - began
    pairs = [(mentee.name, mentor.name) for mentor, held in found.items() for mentee in held]
else:
    from algmatch import HR

    began = time.perf_counter()
    game = HR(
        dictionary={
            "residents": dict(enumerate(mentees)),
            "hospitals": {
                mentor: {"capacity": places[mentor], "preferences": preferences}
                for mentor, preferences in enumerate(mentors)
            },
        }
    )
    found = game.get_stable_matching()
    seconds = time.perf_counter() - began
    sided = found["resident_sided"]
    pairs = [(int(mentee[1:]), int(mentor[1:])) for mentee, mentor in sided.items() if mentor]
print(json.dumps({"seconds": seconds, "pairs": sorted(pairs)}))
