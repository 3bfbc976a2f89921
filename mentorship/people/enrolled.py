"""Who is already in a program, compared with the people of an import."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matching.profiles import normal_forms
from matching.profiles.references import Names
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Coordinator, Person, Profile, Program, Role
from mentorship.people import addresses, sight
from mentorship.people.conflicts import DO_NOT_MATCH, LISTS_OF_PEOPLE, names_of
from mentorship.people.import_report import Entry, Finding
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.states import ProfileState

_NO_OTHERS = {
    Role.MENTEE: mark("the program has no mentors yet: IDs in lists are kept for later"),
    Role.MENTOR: mark("the program has no mentees yet: IDs in lists are kept for later"),
}
_NOT_HERE_YET = {
    Role.MENTEE: mark("%(ids)s: not a mentor in this program yet; kept for later"),
    Role.MENTOR: mark("%(ids)s: not a mentee in this program yet; kept for later"),
}
_EXCLUDES_ALL = {
    Role.MENTEE: mark("excludes every mentor: this person can't be matched with anyone"),
    Role.MENTOR: mark("excludes every mentee: this person can't be matched with anyone"),
}
_IN_BOTH_ROLES = {
    Role.MENTEE: mark("is also a mentor here; no one is matched with themselves"),
    Role.MENTOR: mark("is also a mentee here; no one is matched with themselves"),
}


class Enrolled:
    """Who is in the program already, read once for a whole file."""

    def __init__(
        self,
        session: Session,
        program: Program,
        role: Role,
        listed: Iterable[str],
        *,
        overwrite_own: bool = False,
        asked: Sequence[ProgramQuestion] = (),
    ) -> None:
        self.role = role
        self._asked = asked
        self._overwrite_own = overwrite_own
        keys = [addresses.address_key(address) for address in listed]
        self.people: dict[str, Person] = {}
        for start in range(0, len(keys), 1000):
            some = Person.email_key.in_(keys[start : start + 1000])
            self.people |= {p.email_key: p for p in session.scalars(select(Person).where(some))}
        self.elsewhere: set[uuid.UUID] = set()
        ids = [person.id for person in self.people.values()]
        for start in range(0, len(ids), 1000):
            of_others = Profile.person_id.in_(ids[start : start + 1000])
            self.elsewhere |= set(
                session.scalars(
                    select(Profile.person_id).where(Profile.program_id != program.id, of_others)
                )
            )
            self.elsewhere |= set(
                session.scalars(
                    select(Coordinator.person_id).where(
                        Coordinator.person_id.in_(ids[start : start + 1000])
                    )
                )
            )
        enrolled = session.scalars(
            select(Profile)
            .where(Profile.program_id == program.id)
            .options(joinedload(Profile.person))
        ).all()
        self.profiles = {p.person_id: p for p in enrolled if p.role is role}
        self.listed = {p.listed_id: p for p in enrolled if p.role is role}
        # A form that was not sent in is its person's alone: a list does not find out about it.
        others = [p for p in enrolled if p.role is not role and p.state is not ProfileState.DRAFT]
        self.others = [names_of(p) for p in others]
        self.names = Names(name for names in self.others for name in names)
        self.other_people = {p.person_id for p in others}
        self.untagged = {
            normal_forms.without_tag(p.person.email_key): p.person.email_key
            for p in enrolled
            if p.state not in (ProfileState.DRAFT, ProfileState.LEFT)
        }

    def profile(self, entry: Entry) -> Profile | None:
        """Return the profile that an entry is about, if the person has one."""
        person = self.people.get(addresses.address_key(entry.address))
        return self.profiles.get(person.id) if person else None

    def own(self, profile: Profile) -> list[str]:
        """Return which of their own answers a person keeps, whatever the list says."""
        if self._overwrite_own or profile.state is ProfileState.DRAFT:
            return []
        return [n for n in profile.own_answers if n != f"{self.role}_id"]

    def kept(self, entries: Iterable[Entry]) -> tuple[int, int]:
        """Return how many answers of people themselves the list has otherwise, and of how many.

        Of answers that coordinators may not read, this does not tell whether they differ.
        """
        differing = []
        for entry in entries:
            profile = self.profile(entry)
            own = entry.columns.intersection(self.own(profile)) if profile else frozenset()
            if profile is not None and own:
                before, after = (
                    sight.visible(answers, Viewer.COORDINATOR, self._asked)
                    for answers in (profile.answers, entry.answers)
                )
                differing.append(sum(before.get(name) != after.get(name) for name in own))
        return sum(differing), sum(1 for count in differing if count)

    def conflict(self, entry: Entry) -> Finding | None:
        """Return why an entry contradicts what is stored."""
        column = f"{self.role}_id"
        holder = self.listed.get(entry.answers[column])
        if holder is not None and holder is not self.profile(entry):
            message = _(
                "%(id)s already belongs to someone else in this program", id=entry.answers[column]
            )
            return Finding(entry.row, column, message)
        return None

    def warnings(self, entries: list[Entry]) -> list[Finding]:
        """Return what a coordinator should know about entries beside the people who are stored."""
        names_others = any(e.answers.get(c) for e in entries for c in LISTS_OF_PEOPLE)
        warnings = []
        if names_others and not self.others:
            warnings.append(Finding(None, None, _(_NO_OTHERS[self.role])))
        for entry in entries:
            warnings += [
                Finding(entry.row, column, message) for column, message in self._warnings(entry)
            ]
        return warnings

    def _warnings(self, entry: Entry) -> Iterator[tuple[str, str]]:
        no_ones = list(self.names.no_ones(self.role.value, entry.answers)) if self.others else []
        for column in LISTS_OF_PEOPLE:
            unknown = [
                each.name
                if each.alike is None
                else _("%(id)s (did you mean %(alike)s?)", id=each.name, alike=each.alike)
                for each in no_ones
                if each.column == column
            ]
            if unknown:
                ids = ", ".join(unknown[:3])
                if len(unknown) > 3:
                    ids = _("%(ids)s and %(n)s more", ids=ids, n=len(unknown) - 3)
                yield column, _(_NOT_HERE_YET[self.role], ids=ids)
        excluded = set(entry.answers.get(DO_NOT_MATCH, []))
        if self.others and not any(excluded.isdisjoint(names) for names in self.others):
            yield DO_NOT_MATCH, _(_EXCLUDES_ALL[self.role])
        profile = self.profile(entry)
        if profile is not None and profile.state is ProfileState.LEFT:
            yield "email", _("has left this program and won't be changed")
        if profile is not None and profile.state is ProfileState.AWAITING_APPROVAL:
            yield "email", _("registered on their own; this import approves them")
        column = f"{self.role}_id"
        is_listed = column in entry.columns and (
            profile is not None and profile.state is not ProfileState.DRAFT
        )
        if profile is not None and is_listed and profile.listed_id != entry.answers[column]:
            yield (
                column,
                _(
                    "was %(id)s; lists that use it no longer find this person",
                    id=profile.listed_id,
                ),
            )
        key = addresses.address_key(entry.address)
        person = self.people.get(key)
        if person is not None and person.id in self.other_people:
            yield "email", _(_IN_BOTH_ROLES[self.role])
        alike = self.untagged.get(normal_forms.without_tag(key), key)
        if alike != key:
            yield "email", _("may be the same person as %(address)s, who is here", address=alike)

    def outcome(self, entry: Entry) -> str:
        """Return what writing an entry comes to: added, updated or unchanged."""
        profile = self.profile(entry)
        if profile is None or profile.state is ProfileState.DRAFT:
            return "added"
        if profile.state is ProfileState.LEFT:
            return "unchanged"
        # Of what coordinators may not read, they do not learn whether it is as they guess.
        before, after = (
            sight.visible(answers, Viewer.COORDINATOR, self._asked)
            for answers in (
                profile.answers,
                entry.over(profile.answers, self.own(profile)),
            )
        )
        is_same = before == after
        waits = profile.state is ProfileState.AWAITING_APPROVAL
        return "unchanged" if is_same and not waits else "updated"
