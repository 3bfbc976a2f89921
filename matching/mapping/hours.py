"""Free hours as people write them: "Weekday evenings", "Mon/Wed after 5", "Tue 5-7pm"."""

from __future__ import annotations

import re

from matching.profiles import slots

_NAMES = (
    r"mon(?:day)?s?|m", r"tu(?:e(?:s(?:day)?)?)?s?|t", r"wed(?:nesday)?s?|w",
    r"th(?:u(?:r(?:s(?:day)?)?)?)?s?", r"fri(?:day)?s?|f", r"sat(?:urday)?s?", r"sun(?:day)?s?",
)  # fmt: skip
_DAY = "|".join(f"(?P<d{k}>{name})" for k, name in enumerate(_NAMES))
#: Parts of a day, in minutes since midnight.
_PARTS = {
    "early morning": (6 * 60, 9 * 60),
    "late morning": (10 * 60, 12 * 60),
    "morning": (8 * 60, 12 * 60),
    "am": (8 * 60, 12 * 60),
    "lunch": (12 * 60, 13 * 60),
    "noon": (12 * 60, 13 * 60),
    "midday": (12 * 60, 13 * 60),
    "early afternoon": (12 * 60, 15 * 60),
    "late afternoon": (15 * 60, 17 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "pm": (12 * 60, 17 * 60),
    "early evening": (17 * 60, 19 * 60),
    "late evening": (19 * 60, 22 * 60),
    "evening": (17 * 60, 21 * 60),
    "after work": (17 * 60, 21 * 60),
    "after hours": (17 * 60, 21 * 60),
    "eve": (17 * 60, 21 * 60),
    "night": (19 * 60, 22 * 60),
    "business hours": (9 * 60, 17 * 60),
    "office hours": (9 * 60, 17 * 60),
    "working hours": (9 * 60, 17 * 60),
}
#: A whole day, and where a day ends and begins for "after 5" and "before 9".
_DAYTIME = (9 * 60, 21 * 60)
_END, _BEGIN = 21 * 60, 7 * 60
#: No morning begins before it.
_EARLIEST = 5 * 60
_HALF = r"[ap](?:\.?m)?\.?(?![a-z])"
_TOKEN = re.compile(
    rf"""
    (?P<weeknight>week\ ?nights?) | (?P<weekday>week\ ?days?) | (?P<weekend>week\ ?ends?)
    | (?P<every>every\ ?day|daily|any\ ?day|all\ days) | (?:{_DAY})(?![a-z])
    | (?P<part>after\ (?:work|hours)|(?:early|late)\ (?:morning|afternoon|evening)
        |morning|lunch|noon|midday|afternoon|evening|eve|night|am|pm
        |(?:business|office|working)\ hours)(?:s|\ ?time)?(?![a-z])
    | (?P<from>\d{{1,2}})(?:[:.](?P<fm>\d\d))?\ ?(?P<fh>{_HALF})?
        \ ?(?:-|–|—|to|until|till)\ ?
        (?P<to>\d{{1,2}})(?:[:.](?P<tm>\d\d))?\ ?(?P<th>{_HALF})?(?![\d:])
    | (?P<edge>after|from|before|until|till)\ (?P<at>\d{{1,2}})(?:[:.](?P<am>\d\d))?
        \ ?(?P<ah>{_HALF})?(?![\d:])
    | (?P<run>-|–|—|to|through|thru)(?=\ ?(?:mon|tu|wed|th|fri|sat|sun|[mtwf]\b))
    | (?P<break>[;\n]) | (?P<join>[,/&+]|and\b|or\b)
    | (?P<filler>[.():]|on|in|the|at|any|each|every|all|most|usually|all\ ?day|any\ ?time|only
        |mostly|best|free|available|i\ am|i'm|time|hours?|uhr|h)(?![a-z])
    | (?P<space>\s+)
    """,
    re.I | re.X,
)


#: What the tokens do not know is written as they know it: "MWF", "1730", "noon-1", "6pm onwards",
#: "monday-evening".
_HYPHEN = re.compile(
    r"(?<=day|mon|tue|wed|thu|fri|sat|sun|end)"
    r"-(?=(?:early|late|morning|afternoon|evening|night)s?\b)"
)
_LETTERS = re.compile(r"\b(m)?(tu?(?!h))?(w)?(th)?(f)?\b")
_FOUR_DIGITS = re.compile(r"(?<![\d:.])([01]?\d|2[0-4])(00|15|30|45)(?![\d:.])")
_NOON = re.compile(
    r"\bnoon(?=\s*(?:-|–|—|to\b|until\b|till\b)\s*\d)"
    r"|(?<=[\dapm ][-–—])\s?noon\b|(?<=(?:.to|ore|ter|til|ill|rom) )noon\b"
)
_ONWARDS = re.compile(
    r"(\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m?\.?)?)\s?(?:onwards?|(?:or|and) later|\+)"
)


def understood(typed: str) -> list[str]:
    """Return the slots that a text names, none where any part of it is not understood.

    "Mon and Wed 5-7pm, weekends" is two evenings and two days; "5-7pm Wed" is one evening. A part
    of a day without a day is every weekday's; hours beside it are within it, so that "evenings
    after 7" begin at 19:00.
    """
    text, position = _plainly(typed), 0
    days: list[int] = []
    hours: list[tuple[int, int]] = []
    named: set[tuple[int, int, int]] = set()
    is_run = is_joined = is_hours_first = False
    #: Of each of `hours`, whether a part of the day, hours in numbers, or both say when.
    said: list[set[str]] = []
    numbers: re.Match[str] | None = None

    def close() -> None:
        nonlocal days, hours, said, is_hours_first
        if days or hours:
            for start, end in hours or [_DAYTIME]:
                named.update((day, start, end) for day in days or range(5))
        days, hours, said, is_hours_first = [], [], [], False

    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return []
        position = token.end()
        kind = token.lastgroup or ""
        found = _days(token)
        if found:
            # Days after hours start a new group, unless they are the first and directly follow.
            if hours and not days and not is_joined:
                is_hours_first = True
            elif hours and not is_hours_first:
                close()
            if is_run and days:
                # "Fri-Mon" goes over the end of the week.
                last = found[0] if found[0] > days[-1] else found[0] + 7
                found = [day % 7 for day in range(days[-1] + 1, last + 1)]
            days += found
            is_run = False
        elif token["run"]:
            is_run = True
        elif token["break"]:
            close()
        elif token["join"]:
            is_joined = True
        if (span := _hours(token)) is not None:
            if is_hours_first or not 0 <= span[0] < span[1] <= 24 * 60:
                return []  # "5-7pm Wed, Sat mornings" can be read in two ways
            is_part = bool(token["part"] or token["weeknight"])
            word = "part" if is_part else "numbers"
            if said and not is_joined and said[-1] == {"numbers" if is_part else "part"}:
                bare = [hours[k] for k in range(len(hours) - 1) if said[k] == {"part"}]
                if not is_part and any(_within(each, token, span) for each in bare):
                    return []  # in "mornings and evenings 7-9" they may be of both
                if is_part:
                    within = _within(span, numbers, hours[-1])
                else:
                    within = _within(hours[-1], token, span)
                if within is None:
                    return []
                hours[-1] = within
                said[-1].add(word)
            else:
                hours.append(span)
                said.append({word})
            is_joined, numbers = False, numbers if is_part else token
        elif not found and kind not in ("filler", "space", "run", "break", "join"):
            return []
    close()
    return [
        slots.written(day * 1440 + start, day * 1440 + end) for day, start, end in sorted(named)
    ]


def _plainly(typed: str) -> str:
    """Return a text in small letters with what the tokens do not know as they know it."""
    text = " ".join(typed.strip().casefold().split(" "))
    text = _LETTERS.sub(_spelled_out, _HYPHEN.sub(" ", text))
    text = _FOUR_DIGITS.sub(r"\1:\2", text)
    text = _NOON.sub("12pm", text)
    return _ONWARDS.sub(r"after \1", text)


def _spelled_out(letters: re.Match[str]) -> str:
    names = ("mon", "tue", "wed", "thu", "fri")
    days = [name for name, letter in zip(names, letters.groups(), strict=True) if letter]
    return " and ".join(days) if len(days) > 1 else letters[0]


def _within(
    part: tuple[int, int], numbers: re.Match[str] | None, span: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the hours of a span, written as `numbers`, that are in a part of the day.

    "7-9" is in the evening too, if an evening is spoken of; "19-21" and "7-9pm" are in no morning,
    and it is None. What has one edge, as "before 8", goes on to the other one of its part; mornings
    may begin earlier than most.
    """
    half = 12 * 60
    is_morning = part[1] <= half
    opens = _EARLIEST if is_morning else part[0]
    edge = numbers and numbers["edge"]
    for shift in (0, half, -half) if numbers and _is_of_either_half(numbers) else (0,):
        start, end = span[0] + shift, span[1] + shift
        if edge in ("before", "until", "till"):
            start = _BEGIN if is_morning else opens
        elif edge and is_morning:
            end = part[1]
        if 0 <= start < end <= 24 * 60 and start < part[1] and end > opens:
            return start, end
    return None


def _is_of_either_half(numbers: re.Match[str]) -> bool:
    """Return whether hours may be of the morning and of the evening, as "7-9" and "after 5" may."""
    written = [hour for name in ("from", "to", "at") if (hour := numbers[name])]
    halves = [numbers[name] for name in ("fh", "th", "ah")]
    return not any(halves) and all(int(hour) <= 12 for hour in written)


def _days(token: re.Match[str]) -> list[int]:
    if token["weekday"] or token["weeknight"]:
        return [0, 1, 2, 3, 4]
    if token["weekend"]:
        return [5, 6]
    if token["every"]:
        return list(range(7))
    return [day for day in range(7) if token[f"d{day}"]]


def _hours(token: re.Match[str]) -> tuple[int, int] | None:
    if token["weeknight"]:
        return _PARTS["evening"]
    if token["part"]:
        return _PARTS[token["part"]]
    if token["from"]:
        end = _minutes(token["to"], token["tm"], token["th"])
        start = _minutes(token["from"], token["fm"], token["fh"] or token["th"])
        if start >= end and not token["fh"] and int(token["from"]) <= 12:
            # "11-1pm" begins in the morning, "5-7" without a half of the day is in the evening.
            start = _minutes(token["from"], token["fm"], "am")
        if token["fh"] and not token["th"] and end <= start and not start == end == 12 * 60:
            end += 12 * 60  # "noon-1"; no one knows what "noon-12" is
        if not token["fh"] and not token["th"] and end <= 8 * 60:
            end += 12 * 60
            start += 12 * 60 if start < 8 * 60 else 0
        elif not token["fh"] and not token["th"] and end <= start:
            end += 12 * 60
        return start, end
    if token["edge"]:
        at = _minutes(token["at"], token["am"], token["ah"])
        if token["edge"] in ("after", "from"):
            at += 12 * 60 if not token["ah"] and at <= 8 * 60 else 0
            return at, max(_END, min(at + 60, 24 * 60))
        return _BEGIN, at
    return None


def _minutes(hour: str, minute: str | None, half: str | None) -> int:
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.startswith("p") else 0)
    return hours * 60 + int(minute or 0)
