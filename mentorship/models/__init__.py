"""The tables. Their constraints hold whatever process writes."""

from mentorship.models.account import AuditEntry, BrowserSession, SentForm, SignInLink, WorkerPulse
from mentorship.models.base import Base
from mentorship.models.email import (
    Cause,
    Email,
    EmailEvent,
    EmailEventKind,
    EmailKind,
    MailboxHealth,
    MailSlot,
    Relay,
    Trait,
)
from mentorship.models.forecast import Forecast
from mentorship.models.lesson import Lesson
from mentorship.models.letter import Letter
from mentorship.models.person import Note, Person, Profile, Upload
from mentorship.models.program import Coordinator, Fill, Introduction, Policy, Program
from mentorship.models.reply import PENDING_REPLY, Question, Reply
from mentorship.models.round import (
    Decision,
    DecisionKind,
    Existing,
    Pairing,
    Round,
    Scope,
    Unmatched,
)
from mentorship.models.schedule import Rhythm, RoundSchedule, Skipped
from mentorship.roles import Role

__all__ = [
    "PENDING_REPLY", "AuditEntry", "Base", "BrowserSession", "Cause", "Coordinator", "Decision",
    "DecisionKind", "Email", "EmailEvent", "EmailEventKind", "EmailKind", "Existing", "Fill",
    "Forecast", "Introduction", "Lesson", "Letter", "MailSlot", "MailboxHealth", "Note", "Pairing",
    "Person", "Policy", "Profile", "Program", "Question", "Relay", "Reply", "Rhythm", "Role",
    "Round", "RoundSchedule", "Scope", "SentForm", "SignInLink", "Skipped", "Trait", "Unmatched",
    "Upload", "WorkerPulse",
]  # fmt: skip
