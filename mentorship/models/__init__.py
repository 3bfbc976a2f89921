"""The tables. Constraints hold here what must never be, whoever writes."""

from mentorship.models.account import AuditEntry, BrowserSession, SentForm, SignInLink, WorkerPulse
from mentorship.models.base import Base
from mentorship.models.email import Email, EmailKind
from mentorship.models.person import Person, Profile, Role, Upload
from mentorship.models.program import Coordinator, Policy, Program
from mentorship.models.round import Existing, Pairing, Round, Scope, Unmatched

__all__ = [
    "AuditEntry", "Base", "BrowserSession", "Coordinator", "Email", "EmailKind", "Existing",
    "Pairing", "Person", "Policy", "Profile", "Program", "Role", "Round", "Scope", "SentForm",
    "SignInLink", "Unmatched", "Upload", "WorkerPulse",
]  # fmt: skip
