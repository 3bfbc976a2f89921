"""What a kind of email is: what it gathers, its usual words, and an example of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mentorship.emails.contents import Content
from mentorship.emails.examples import Example
from mentorship.models import Email
from mentorship.settings import Settings


@dataclass(frozen=True)
class Kind:
    """One kind of email; words are translated where they are used."""

    #: Returns what an email says; raises `Outdated` where that is no longer so.
    gather: Callable[[Session, Email, Settings], Content]
    #: What it is called in lists that coordinators read.
    label: str
    #: Wordings, with fields in braces, which a program may replace.
    subject: str
    opening: str
    #: The fields that they may name beside those of every kind; None: no program can word it.
    fields: tuple[str, ...] | None = None
    #: How to show one to coordinators; None: it is not shown.
    example: Example | None = None
