"""What forms call the options of questions: words that people choose, and write in lists.

Lists that were filled in with the words of an earlier release are still read.
"""

from __future__ import annotations

from collections.abc import Mapping

from matching.language import gettext as _
from matching.language import mark

#: By column and option.
LABELS: Mapping[str, Mapping[str, str]] = {
    "gender": {
        "woman": mark("Woman"),
        "man": mark("Man"),
        "nonbinary": mark("Nonbinary"),
    },
    "mentor_gender_preference": {
        "prefer-woman": mark("Prefer a woman"),
        "require-woman": mark("Must be a woman"),
        "prefer-woman-or-nonbinary": mark("Prefer a woman or a nonbinary person"),
        "prefer-man": mark("Prefer a man"),
    },
    "exclude_own_institution": {
        "yes": mark("Must be from another institution"),
        "no": mark("No preference"),
    },
    "one_off": {
        "conversation": mark("A one-time, 30-minute conversation"),
        "group": mark("A place in a group"),
        "both": mark("Either of these"),
        "no": mark("Nothing else for now"),
    },
    "status": {
        "active": mark("Taking mentees"),
        "paused": mark("Paused"),
    },
    "style_feedback": {
        "direct": mark("Direct"),
        "gentle": mark("Gentle"),
        "either": mark("No preference"),
    },
    "style_structure": {
        "agenda": mark("With an agenda"),
        "open": mark("Open conversation"),
        "either": mark("No preference"),
    },
    "style_contact": {
        "often": mark("Often"),
        "as-needed": mark("As needed"),
        "either": mark("No preference"),
    },
    "style_focus": {
        "task": mark("Tasks and projects"),
        "person": mark("Personal growth"),
        "either": mark("No preference"),
    },
    "mentor_seniority": {
        "near-peer": mark("Only a little ahead"),
        "few-years": mark("A few years ahead"),
        "senior": mark("Far ahead"),
        "any": mark("No preference"),
    },
    "institution_wish": {
        "same": mark("Prefer my institution"),
        "different": mark("Prefer another institution"),
        "any": mark("No preference"),
    },
    "region_wish": {
        "same": mark("Prefer my region"),
        "different": mark("Prefer another region"),
        "any": mark("No preference"),
    },
    "hours_vary": {
        "yes": mark("Yes"),
        "no": mark("No"),
    },
}

#: What earlier releases called an option, a question or a column, by what it is called now.
EARLIER: Mapping[str, tuple[str, ...]] = {
    "Prefer a woman": ("Rather: a woman",),
    "Must be a woman": ("Must: a woman",),
    "Prefer a woman or a nonbinary person": ("Rather: a woman or a nonbinary person",),
    "Prefer a man": ("Rather: a man",),
    "Must be from another institution": ("Must: no one from there",),
    "No preference": ("No matter",),
    "Not specified": ("No matter, or not said",),
    "Prefer not to say": ("I would rather not say",),
    "A one-time, 30-minute conversation": ("A single conversation of 30 minutes",),
    "Paused": ("Pausing",),
    "With an agenda": ("An agenda",),
    "Open conversation": ("An open conversation",),
    "Tasks and projects": ("Task at hand",),
    "Personal growth": ("Person I am",),
    "Only a little ahead": ("Rather: only a little ahead",),
    "A few years ahead": ("Rather: a few years ahead",),
    "Far ahead": ("Rather: far ahead",),
    "Prefer my institution": ("Rather: from there",),
    "Prefer another institution": ("Rather: from elsewhere",),
    "Prefer my region": ("Rather: from my region",),
    "Prefer another region": ("Rather: from elsewhere",),
    "What is your gender?": ("Gender, if you want to say",),
    "Languages you can meet in": ("Languages you could hold a meeting in",),
    "Specialties you're interested in": ("Fields you are drawn to",),
    "Specialties you work in": ("Fields you work in",),
    "What experience do you have?": ("What you have done",),
    "When are you usually free?": ("Usual free hours in a week",),
    "How many mentees can you take on?": ("How many mentees can you take?",),
    "Meetings per month": ("Meetings a month",),
    "Communities you'd like to have in common": ("Communities you would value sharing",),
    "Which career stages would you mentor?": ("Career stages you accept, if only some",),
    "Do you have a preference for your mentor's gender?": ("Would a mentor's gender matter?",),
    "People you shouldn't be matched with": ("People you must not be matched with",),
    "Past mentees": ("Mentees so far",),
    "What could you offer people who don't have a mentor yet?": (
        "What else would you offer to people who found no mentor?",
    ),
    "One-time offers": ("One-off offers",),
    "Are you taking mentees now?": ("Taking mentees now, or pausing?",),
    "What are you hoping for, in your own words?": ("What do you hope for, in your words?",),
    "About you, in your own words": ("About you, in your words",),
    "What kind of feedback do you prefer?": ("I would rather have feedback that is",),
    "What kind of feedback do you like to give?": ("My feedback is",),
    "What kind of meetings do you prefer?": ("In a meeting I like",),
    "Meeting style": ("Style of meetings",),
    "How often do you like to be in touch?": ("I would rather be in touch",),
    "Frequency of contact": ("How often to be in touch",),
    "What should your conversations focus on?": ("I would rather talk about the",),
    "How far ahead would you like your mentor to be?": ("How far ahead should your mentor be?",),
    "Country where you plan to practice": ("Country where you intend to practise",),
    "Would you like someone from your own institution?": ("Someone from my own institution?",),
    "Would you like someone from your own region?": ("Someone from my own region?",),
    "What opportunities could you offer?": ("What could you open a door to?",),
    "Mentors you'd like, first choice first": ("Mentors you would choose, best first",),
    "Preferred mentors": ("Mentors they would choose",),
}


def worded(words: str) -> tuple[str, ...]:
    """Return how lists may word a label: in English, as people read it, and as it was before."""
    return (words, _(words), *EARLIER.get(words, ()))
