"""Free hours are understood as people write them, or not at all."""

from __future__ import annotations

import pytest

from matching.mapping import hours

WORKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")


def every(days: tuple[str, ...], slot: str) -> list[str]:
    return [f"{day} {slot}" for day in days]


@pytest.mark.parametrize(
    ("typed", "slots"),
    [
        ("Weekday evenings", every(WORKDAYS, "17:00-21:00")),
        ("evenings", every(WORKDAYS, "17:00-21:00")),
        ("Mon/Wed after 5", every(("Mon", "Wed"), "17:00-21:00")),
        ("Any day after 4:30pm", every((*WORKDAYS, "Sat", "Sun"), "16:30-21:00")),
        ("weekends", every(("Sat", "Sun"), "09:00-21:00")),
        ("Tue 5-7pm", ["Tue 17:00-19:00"]),
        ("Tuesdays 18:00-20:00", ["Tue 18:00-20:00"]),
        ("8am - 10am Tue & Thu", every(("Tue", "Thu"), "08:00-10:00")),
        ("11-1pm Wed", ["Wed 11:00-13:00"]),
        ("12-1 on Fridays", ["Fri 12:00-13:00"]),
        ("Mon-Fri 9-5", every(WORKDAYS, "09:00-17:00")),
        ("Mon-Thu evenings", every(WORKDAYS[:4], "17:00-21:00")),
        ("Fri-Mon mornings", every(("Mon", "Fri", "Sat", "Sun"), "08:00-12:00")),
        ("before 9am", every(WORKDAYS, "07:00-09:00")),
        ("Mon 9-11, Tue 13-15", ["Mon 09:00-11:00", "Tue 13:00-15:00"]),
        ("Monday mornings and Thursday after 3", ["Mon 08:00-12:00", "Thu 15:00-21:00"]),
        ("Mon and Wed 5-7pm, Sat", [*every(("Mon", "Wed"), "17:00-19:00"), "Sat 09:00-21:00"]),
        ("Friday afternoons; Sat", ["Fri 12:00-17:00", "Sat 09:00-21:00"]),
        ("Thurs eve", ["Thu 17:00-21:00"]),
        ("lunchtime", every(WORKDAYS, "12:00-13:00")),
        ("T/Th 4-6", every(("Tue", "Thu"), "16:00-18:00")),
        ("MWF mornings", every(("Mon", "Wed", "Fri"), "08:00-12:00")),
        ("TTh after 3", every(("Tue", "Thu"), "15:00-21:00")),
        ("M-F AM", every(WORKDAYS, "08:00-12:00")),
        ("Weeknights", every(WORKDAYS, "17:00-21:00")),
        ("Any weekday after 17:00", every(WORKDAYS, "17:00-21:00")),
        ("Monday: 5pm-7pm; Tuesday: 6pm-8pm", ["Mon 17:00-19:00", "Tue 18:00-20:00"]),
        ("Thursdays 0730-0830", ["Thu 07:30-08:30"]),
        ("noon-1pm Tue", ["Tue 12:00-13:00"]),
        ("M-Th 5p-7p; F noon-1", [*every(WORKDAYS[:4], "17:00-19:00"), "Fri 12:00-13:00"]),
        ("Sat 11am-1", ["Sat 11:00-13:00"]),
        ("Mon 9am to noon", ["Mon 09:00-12:00"]),
        ("Wed/Fri 12-1p", every(("Wed", "Fri"), "12:00-13:00")),
        ("monday-evening", ["Mon 17:00-21:00"]),
        ("Tue 6pm onwards", ["Tue 18:00-21:00"]),
        ("Fri PM, Sat late morning", ["Fri 12:00-17:00", "Sat 10:00-12:00"]),
    ],
)
def test_hours_in_words(typed: str, slots: list[str]) -> None:
    assert hours.understood(typed) == slots


@pytest.mark.parametrize(
    ("typed", "slots"),
    [
        ("Evenings after 7 pm", every(WORKDAYS, "19:00-21:00")),
        ("Tues evenings 6-8", ["Tue 18:00-20:00"]),
        ("7-9 in the evening, weekends", [
            *every(WORKDAYS, "19:00-21:00"), *every(("Sat", "Sun"), "09:00-21:00"),
        ]),
        ("Sat morning before 10", ["Sat 07:00-10:00"]),
        ("Sat mornings before 8", ["Sat 07:00-08:00"]),
        ("Sat mornings after 9", ["Sat 09:00-12:00"]),
        ("Sat mornings after 6", ["Sat 06:00-12:00"]),
        ("Sat evenings before 8", ["Sat 17:00-20:00"]),
        ("Sat evening until 20:00", ["Sat 17:00-20:00"]),
        ("Sat after 6 evenings", ["Sat 18:00-21:00"]),
        ("Sat 19-21 evening", ["Sat 19:00-21:00"]),
    ],
)  # fmt: skip
def test_hours_beside_a_part_of_the_day_are_within_it(typed: str, slots: list[str]) -> None:
    assert hours.understood(typed) == slots


@pytest.mark.parametrize(
    ("typed", "slots"),
    [
        ("Mon morning: 7-9 evening: 6-8", ["07:00-09:00", "18:00-20:00"]),
        ("Mon mornings 7-9 evenings", ["07:00-09:00", "17:00-21:00"]),
        ("Mon morning 8-10 evening", ["08:00-10:00", "17:00-21:00"]),
        ("Mon mornings 7-8 evenings 7-9", ["07:00-08:00", "19:00-21:00"]),
        ("Mon 6-8 in the evening, 7-9 in the morning", ["07:00-09:00", "18:00-20:00"]),
        ("Mon Morning (8-12) Afternoon (12-5) Evening (5-9)", [
            "08:00-12:00", "12:00-17:00", "17:00-21:00",
        ]),
        ("Mon mornings before 8 and evenings after 6", ["07:00-08:00", "18:00-21:00"]),
        ("Mon mornings before 8 evenings after 6", ["07:00-08:00", "18:00-21:00"]),
        ("Mon lunch or evening 6-8", ["12:00-13:00", "18:00-20:00"]),
        ("Mon 8pm-12", ["20:00-24:00"]),
        ("Mon 9am-9", ["09:00-21:00"]),
    ],
)  # fmt: skip
def test_each_part_of_a_day_has_hours_of_its_own(typed: str, slots: list[str]) -> None:
    assert hours.understood(typed) == [f"Mon {slot}" for slot in slots]
    assert hours.understood(typed.replace("Mon", "Weekday", 1)) == [
        f"{day} {slot}" for day in WORKDAYS for slot in slots
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "", "varies", "Flexible", "ask me", "Mon 25-26", "not on Mondays",
        "5-7pm Wed, Sat mornings", "Mon 23:00-01:00", "mornings 17-19", "Every other Tuesday",
        "Tue 5-6pm EST", "evenings (not Friday)",
        "mornings 7-9pm", "evenings before 8am", "7-9am in the evening",
        "Mon 12pm-12", "Mon noon-12", "morning-evening",
        "mornings and evenings 7-9", "Mon morning or evening 6-8",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_not_guessed(typed: str) -> None:
    assert hours.understood(typed) == []
