"""Names as lists write them: with titles, with degrees, the family name first."""

from __future__ import annotations

import re

from matching.profiles import taxonomy

#: Before a name. "Prof. Dr. med." has several.
_TITLES = re.compile(
    r"^(?:(?:dr|prof|professor|doctor|mr|mrs|ms|miss|mx|sir|dame|med|dent|phil|rer|nat|hc|pd|priv-?doz"
    r"|assoc(?:iate)?|asst|assistant)(?:\.\s*|\s+))+(?=\S)",
    re.I,
)
_ADDRESS_FORM = re.compile(r"(?:(?:dr|prof|mr|mrs|ms|miss|mx|sir|dame)\.?\s?)+", re.I)
#: After a name; what each means does not matter here. Full stops may stand between the letters.
_DOTTED = [
    "md",
    "do",
    "phd",
    "mbbs",
    "mb",
    "bch",
    "bs",
    "ba",
    "ms",
    "ma",
    "msc",
    "bsc",
    "mph",
    "mba",
    "msn",
    "bsn",
    "rn",
    "np",
    "dnp",
    "fnp",
    "pharmd",
    "dds",
    "dmd",
    "dpt",
    "ot",
    "otr",
    "rd",
    "med",
    "edd",
    "mhs",
]
_PLAIN = [
    "mbchb",
    "pac",
    "pa-c",
    "mhpe",
    "mphil",
    "dphil",
    "frcp",
    "frcs",
    "mrcp",
    "mrcs",
    "facp",
    "facs",
    "faap",
    "facc",
    "facep",
    "fccp",
    "fidsa",
    "facog",
    "fccm",
    "esq",
    "cnm",
    "crna",
    "aprn",
    "lcsw",
]
_DEGREE = "(?:{}|{}|(?:[a-z]\\.){{2,}})".format(
    "|".join(r"\.?".join(each) + r"\.?" for each in _DOTTED), "|".join(_PLAIN)
)
_DEGREES = re.compile(rf"(?:\s*,\s*{_DEGREE}|\s+{_DEGREE}(?=\s*(?:,|$)))+\s*$", re.I)
#: After a name, with or without a comma before: a part of it.
_SUFFIX = re.compile(r",\s*((?:jr|sr)\.?|I{2,3}|IV|[23]rd|2nd)(?=\s*(?:,|$))", re.I)
#: In brackets after a name, and no part of it: "(she/her)", "(Chief)" after a degree.
_PRONOUNS = re.compile(
    r"\s*[(\[]\s*(?:she|he|they|her|him|hers|his|them|theirs|ze|zir|xe|any|all)"
    r"(?:\s*/\s*\w+)*(?:\s+pronouns)?\s*[)\]]\s*$",
    re.I,
)
_BRACKET = re.compile(r"\s*\([^()]*\)\s*$")
#: "Osei, Ama": a family name, a comma, given names.
_TURNED = re.compile(r"([^,]{2,60}),\s*([^\W\d_][^,]{0,60})")
#: Of what the taxonomy knows in one word, these are names as well.
_ALSO_GIVEN_NAMES = frozenset({"dean", "geri"})
_CAPITAL_DEGREE = re.compile(r"(?:[A-Z][a-z]{0,4}\.?){2,}")


def plain(typed: str) -> str:
    """Return a name without titles and degrees, given names first.

    Degrees after a space count in capitals only: Ma and Bs are names too. What would be left of a
    name is one word at least.
    """
    name = _PRONOUNS.sub("", typed.strip()) or typed.strip()
    bare = _BRACKET.sub("", name)
    if bare != name and _DEGREES.search(bare):
        name = bare
    name = _SUFFIX.sub(r" \1", name)
    without = _DEGREES.search(name)
    while without is not None and without.start() > 0:
        tail = without[0]
        if "," not in tail and not _CAPITAL_DEGREE.fullmatch(tail.strip().replace(" ", "")):
            break
        if " " not in name[: without.start()].strip() and "," not in tail:
            break
        name = name[: without.start()].strip(" ,")
        without = _DEGREES.search(name)
    if (title := _TITLES.match(name)) is not None:
        name = name[title.end() :]
    turned = _TURNED.fullmatch(name)
    if turned and " " in turned[1].strip() and _is_field(turned[2].strip(), turned[1]):
        return turned[1].strip()  # "Ama Osei, Cardiology"
    return f"{turned[2].strip()} {turned[1].strip()}" if turned else name


def is_title(typed: str) -> bool:
    """Return whether a text is a form of address alone, as "Dr." or "Ms" before a name."""
    return bool(_ADDRESS_FORM.fullmatch(typed.strip()))


def _is_field(words: str, name: str) -> bool:
    """Return whether what follows a name says where its person works, or how far they are.

    "Van Dyke, Dean" and "De Vries, Ed" are people: a short word is a field in capitals alone.
    """
    is_capitals = words.isupper() and not name.isupper()
    if words.casefold() in _ALSO_GIVEN_NAMES or (len(words) <= 3 and not is_capitals):
        return False
    terms = taxonomy.load()
    return any(terms.knows(kind, words) for kind in ("specialty", "stage"))
