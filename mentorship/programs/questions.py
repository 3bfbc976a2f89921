"""A program's own questions: adding, wording, ordering, and retiring them.

What people have answered keeps its meaning: neither the kind of answer nor a choice that someone
gave goes away, and no one more reads it than was said when it was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from matching.policy import InvalidPolicy, Policy
from matching.profiles import taxonomy
from matching.profiles.columns import Audience
from matching.profiles.questions import COMPARED, Kind
from matching.spreadsheets import headings
from mentorship import audit
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Profile, Program, Role
from mentorship.people import questions
from mentorship.people.questions import ProgramQuestion
from mentorship.programs import policies


@dataclass(frozen=True)
class Wording:
    """A question as a coordinator words it.

    `renamed` are the words of choices that there are, by id, of which none removes the choice; and
    `more` those of new ones.
    """

    label: str
    kind: Kind
    roles: tuple[Role, ...]
    audience: Audience
    hint: str = ""
    is_required: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    more: Sequence[str] = ()

    def of(self, name: str, before: Sequence[tuple[str, str]] = ()) -> ProgramQuestion:
        """Return the question of that name; `before` are its choices."""
        kept = [(id, _plain(self.renamed.get(id, label))) for id, label in before]
        is_chosen = self.kind in (Kind.ONE, Kind.SEVERAL)
        words = [word for each in self.more if (word := _plain(each))]
        choices = questions.new_choices(words, [each for each in kept if each[1]])
        return ProgramQuestion(
            name,
            _plain(self.label),
            self.kind,
            self.roles,
            self.audience,
            choices if is_chosen else (),
            _plain(self.hint),
            self.is_required,
        )


def get(program: Program, name: str) -> ProgramQuestion:
    """Return a question of a program. Raises `NotFound`."""
    found = next((each for each in questions.of(program) if each.name == name), None)
    if found is None:
        raise NotFound(_("this program doesn't have that question"))
    return found


def answered_by(session: Session, program: Program, name: str) -> set[Role]:
    """Return the roles of those who have answered a question."""
    given = Profile.answers[name].as_string().is_not(None)
    return {role for role in Role if _any(session, program, given & (Profile.role == role))}


def add(session: Session, program: Program, actor: str, wording: Wording) -> ProgramQuestion:
    """Ask one question more. Raises `Invalid` with the fields that cannot be used."""
    _lock(session, program)
    before = questions.of(program)
    name = questions.new_name(wording.label, (each.name for each in before))
    made = wording.of(name)
    problems = _problems(made, before)
    if problems:
        raise Invalid("; ".join(problems.values()), fields=problems)
    questions.put(program, [made])
    _record(session, program, actor, "question added", name)
    return made


def propose(
    asked: Sequence[ProgramQuestion], role: Role, heading: str, kind: Kind, choices: Sequence[str]
) -> ProgramQuestion:
    """Return the question that a column of a list with people of a role becomes.

    One that is asked in these words already is asked of them too, with the choices that they made
    besides. Else it is read by coordinators, and counts nothing. Raises `Invalid`.
    """
    label = _plain(heading)[: questions.LONGEST_LABEL]
    folded = taxonomy.fold(label)
    same = next((q for q in asked if taxonomy.fold(q.label) == folded and not q.is_retired), None)
    if same is not None:
        roles = tuple(each for each in Role if each in (*same.roles, role))
        more = choices if same.kind in (Kind.ONE, Kind.SEVERAL) else ()
        made = replace(same, roles=roles, choices=questions.new_choices(more, same.choices))
    else:
        name = questions.new_name(label, (each.name for each in asked))
        words = questions.new_choices(map(_plain, choices))
        made = ProgramQuestion(name, label, kind, (role,), choices=words)
    others = [each for each in asked if each.name != made.name]
    if problems := _problems(made, others):
        raise Invalid(next(iter(problems.values())))
    questions.check_number([*others, made])
    return made


def change(
    session: Session, program: Program, actor: str, name: str, wording: Wording
) -> ProgramQuestion:
    """Reword a question. Raises `Invalid` for what its answers do not allow, and `NotFound`."""
    _lock(session, program)
    before = get(program, name)
    after = replace(wording.of(name, before.choices), is_retired=before.is_retired)
    others = [each for each in questions.of(program) if each.name != name]
    problems = _problems(after, others) | _broken(session, program, before, after)
    if problems:
        raise Invalid("; ".join(problems.values()), fields=problems)
    questions.put(program, [after])
    _record(session, program, actor, "question changed", name)
    return after


def move(session: Session, program: Program, actor: str, name: str, places: int) -> None:
    """Ask a question earlier, by -1, or later, by 1, among those that are asked now."""
    _lock(session, program)
    get(program, name)
    every = questions.of(program)
    asked = questions.asked(every)
    at = next((k for k, each in enumerate(asked) if each.name == name), None)
    if at is None or not 0 <= at + places < len(asked):
        return
    asked.insert(at + places, asked.pop(at))
    questions.keep(program, [*asked, *(each for each in every if each.is_retired)])
    _record(session, program, actor, "question moved", name)


def retire(session: Session, program: Program, actor: str, name: str) -> bool:
    """Retire a question; return whether its answers are kept because there are any.

    If the policy counts it, a new version no longer does. Raises `WrongState` where
    nothing else has a weight in it.
    """
    _lock(session, program)
    question = get(program, name)
    newest = policies.current(session, program.id)
    policy = policies.content(newest)
    if policy.questions.get(name):
        try:
            without = questions.without(policy, name)
        except InvalidPolicy:
            raise WrongState(
                _("the policy weighs nothing but this question; weigh something else first")
            ) from None
        note = _("The question “%(question)s” is no longer asked", question=question.label)
        note = note[: policies.LONGEST_NOTE]
        policies.change(session, program, actor, without, seen=newest.version, note=note)
    is_kept = bool(answered_by(session, program, name))
    others = [each for each in questions.of(program) if each.name != name]
    questions.keep(program, [*others, *([replace(question, is_retired=True)] if is_kept else [])])
    _record(session, program, actor, "question retired", name)
    return is_kept


def ask_again(session: Session, program: Program, actor: str, name: str) -> None:
    """Ask a question again that was retired. Raises `Invalid` where there are too many."""
    _lock(session, program)
    question = get(program, name)
    questions.put(program, [replace(question, is_retired=False)])
    _record(session, program, actor, "question asked again", name)


def use(policy: Policy, name: str) -> float | str:
    """Return what a policy has a question count: a weight, 0 for none, or `MUST`."""
    return policy.questions.get(name, 0)


def _problems(made: ProgramQuestion, others: Sequence[ProgramQuestion]) -> dict[str, str]:
    """Return what is wrong with a question, by field, regardless of its answers."""
    found: dict[str, str] = {}
    folded = taxonomy.fold(made.label)
    if not folded or len(made.label) > questions.LONGEST_LABEL:
        found["label"] = _(
            "Write the question in 1 to %(most)s characters.", most=questions.LONGEST_LABEL
        )
    elif any(taxonomy.fold(each.label) == folded and not each.is_retired for each in others):
        found["label"] = _("Your program already asks this. Word it differently.")
    elif any(headings.meant(made.label, role.value) for role in Role):
        found["label"] = _(
            "Every profile already has a question with this name. Word yours differently."
        )
    if len(made.hint) > questions.LONGEST_HINT:
        found["hint"] = _("Use at most %(most)s characters.", most=questions.LONGEST_HINT)
    if not made.roles:
        found["roles"] = _("Choose who is asked.")
    if made.kind in (Kind.ONE, Kind.SEVERAL) and (wrong := _wrong_choices(made.choices)):
        found["choices"] = wrong
    if made.audience is Audience.NOBODY and made.kind not in COMPARED:
        found["audience"] = _(
            "Answers of this type aren't used for matching, so choose who can read them."
        )
    return found


def _wrong_choices(choices: Sequence[tuple[str, str]]) -> str | None:
    most, longest = questions.MOST_CHOICES, questions.LONGEST_CHOICE
    if not 2 <= len(choices) <= most:
        return _("Give 2 to %(most)s choices, one on each line.", most=most)
    if len({taxonomy.fold(label) for _id, label in choices}) < len(choices):
        return _("Two choices say the same. Change one of them.")
    if any(";" in label or len(label) > longest for _id, label in choices):
        return _("Use at most %(most)s characters for a choice, and no semicolon.", most=longest)
    return None


def _broken(
    session: Session, program: Program, before: ProgramQuestion, after: ProgramQuestion
) -> dict[str, str]:
    """Return what a change of a question would break, by field."""
    found: dict[str, str] = {}
    counts = use(policies.content(policies.current(session, program.id)), before.name)
    if counts and not after.can_count:
        field = "kind" if after.kind not in COMPARED else "roles"
        found[field] = _(
            "The policy counts this question, so both sides must answer it by choosing."
        )
    roles = answered_by(session, program, before.name)
    if not roles:
        return found
    if after.kind is not before.kind:
        found["kind"] = _(
            "People have answered it, so the type stays. Retire the question and add a new one."
        )
    if not roles <= set(after.roles):
        found["roles"] = _("Some of those you leave out have answered it. Retire it instead.")
    wider = questions.AUDIENCES.index(after.audience) > questions.AUDIENCES.index(before.audience)
    if wider:
        found["audience"] = _(
            "People answered when fewer could read it. Retire the question and add a new one."
        )
    ids = {id for id, _label in after.choices}
    gone = [(id, label) for id, label in before.choices if id not in ids]
    given = [label for id, label in gone if _any(session, program, gives(before.name, id))]
    if given and "kind" not in found:
        found["choices"] = _(
            "Someone chose “%(choice)s”, so it stays. You can reword it.", choice=given[0]
        )
    return found


def gives(name: str, choice: str) -> ColumnElement[bool]:
    """Match profiles whose answer to a question is a choice, or has it among others."""
    answer = Profile.answers[name].as_string()
    # A list is text in which each id stands between quotation marks, and no id has any.
    return or_(answer == choice, answer.contains(f'"{choice}"', autoescape=True))


def _any(session: Session, program: Program, condition: ColumnElement[bool]) -> bool:
    query = select(Profile.id).where(Profile.program_id == program.id, condition).limit(1)
    return session.scalar(query) is not None


def _plain(text: str) -> str:
    """Return a text in one line, without what no one sees."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _lock(session: Session, program: Program) -> None:
    # Of two who change the questions at once, the second waits here.
    session.refresh(program, with_for_update=True)


def _record(session: Session, program: Program, actor: str, action: str, name: str) -> None:
    audit.record(session, actor, action, program_id=program.id, name=name)
    session.flush()
