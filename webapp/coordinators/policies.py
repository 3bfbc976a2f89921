"""The policy of a program: its weights, its rules, and its earlier versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.policy import VERSION, InvalidPolicy, Policy
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import Program
from mentorship.people import questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.programs import policies, presets, programs
from mentorship.programs.policies import Version
from mentorship.programs.presets import Preset
from mentorship.rounds import rounds
from mentorship.rounds.trials import Change
from webapp import gate, stale, storage
from webapp.coordinators import outcomes, policy_form, policy_trials
from webapp.coordinators.policy_form import Changed
from webapp.stale import Difference

bp = Blueprint("policies", __name__, url_prefix="/programs/<slug>")


@bp.get("/policy")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str:
    """Show the policy as forms, with the versions before.

    Filled in is the current version, a preset, or what a dry run tries, with what it found.
    """
    session, program = gate.opened()
    name = request.args.get("start")
    preset = None if name is None else presets.get(name)
    return _page(session, program, {}, {}, preset=preset)


@bp.post("/policy")
@gate.may(Action.COORDINATE)
def save(slug: str) -> Response | tuple[str, int]:
    """Adopt what was filled in, or written as YAML, as a new version; or try it in a dry run."""
    sent = request.form
    with storage.reading() as session:
        program = programs.get(session, slug)
        policy, errors = _read(program, sent)
        note = sent.get("note", "").strip()
        if len(note) > policies.LONGEST_NOTE:
            most = language.number(policies.LONGEST_NOTE)
            errors["note"] = _("Use at most %(most)s characters.", most=most)
        if policy is None or errors:
            return _page(session, program, sent, errors), 422
    if sent.get("decision") == "try":
        with gate.change() as change:
            trial = rounds.try_out(change.session, change.subject, policy, str(gate.my_id()))
            place = url_for(
                "policies.show", slug=slug, trial=trial.id, note=note or None, _anchor="trial"
            )
            return change.done(place)
    with gate.change() as change:
        program = change.subject
        change.session.refresh(program, with_for_update=True)
        current = policies.current(change.session, program.id)
        asked = questions.of(program)
        stored = policy_form.entries(policies.content(current), asked)
        entries = policy_form.entries(policy, asked)
        found = stale.changed(stored, entries)
        if not found:
            adopted = policies.change(
                change.session, program, str(gate.my_id()), policy, seen=current.version, note=note
            )
            if adopted is None:
                message = _("Nothing was changed: the policy already says this.")
            else:
                message = _("Saved as version %(version)s.", version=adopted.version)
            return change.done(url_for("policies.show", slug=slug), message)
    taken = {name: stored[name] for name, is_conflict in found.items() if not is_conflict}
    merged, _errors = policy_form.read(entries | taken, asked)
    differences = _differences(found, entries, stored, asked)
    with storage.reading() as session:
        program = programs.get(session, slug)
        html = _page(
            session,
            program,
            sent,
            {},
            filled=merged or policy,
            overtaken=differences,
            stamp=stale.stamp(stored),
        )
        return html, 409


@bp.get("/policy.yaml")
@gate.may(Action.COORDINATE)
def download(slug: str) -> Response:
    """Return a version of the policy as a file, the current one by default."""
    session, program = gate.opened()
    asked = request.args.get("version")
    if asked is None:
        version = policies.current(session, program.id)
    else:
        number = int(asked) if re.fullmatch(r"\d{1,9}", asked) else 0
        version = policies.get(session, program.id, number)
    name = f"{program.slug}-policy-{version.version}.yaml"
    return Response(
        policies.as_file(version),
        mimetype="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _read(program: Program, sent: Mapping[str, str]) -> tuple[Policy | None, dict[str, str]]:
    if "yaml" not in sent:
        return policy_form.read(sent, questions.of(program))
    try:
        policy = Policy.from_yaml(sent["yaml"])
        questions.check_policy(program, policy)
        return policy, {}
    except InvalidPolicy as error:
        return None, {"yaml": sentence(error)}


def _listed(
    versions: Sequence[Version], asked: Sequence[ProgramQuestion]
) -> list[tuple[Version, list[Changed] | None]]:
    """Return versions with what each has otherwise than the one before, None where none is.

    One of an earlier form is not compared.
    """
    contents: list[Policy | None] = []
    for each in versions:
        is_readable = each.body["version"] == VERSION
        contents.append(Policy.from_dict(dict(each.body)) if is_readable else None)
    return [
        (each, policy_form.changes(before, after, asked) if before and after else None)
        for each, after, before in zip(versions, contents, [*contents[1:], None], strict=True)
    ]


def _differences(
    found: Mapping[str, bool],
    sent: Mapping[str, str],
    stored: Mapping[str, str],
    asked: Sequence[ProgramQuestion],
) -> list[Difference]:
    return [
        Difference(
            policy_form.label(name, asked),
            policy_form.in_words(name, sent[name]),
            policy_form.in_words(name, stored[name]),
            is_conflict,
        )
        for name, is_conflict in found.items()
    ]


def _page(
    session: Session,
    program: Program,
    sent: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    filled: Policy | None = None,
    overtaken: Sequence[Difference] = (),
    stamp: str | None = None,
    preset: Preset | None = None,
) -> str:
    """Return the page, with what was sent in the form that sent it, or a preset filled in.

    `filled` stands in that form instead, where someone else saved another version meanwhile, and
    `stamp` is that of this version.
    """
    versions = policies.versions(session, program.id)
    policy = policies.content(policies.current(session, program.id))
    asked = questions.of(program)
    saved = policy_form.typed(policy, asked)
    trial = policy_trials.asked_for(session, program) if request.method == "GET" else None
    shown = trial.policy if trial else preset.applied(policy) if preset else policy
    # What a dry run tries was filled in over the version that it is compared with.
    opened = policies.content(trial.round.policy) if trial else policy
    is_yaml = "yaml" in sent
    if stamp is None:
        entries = policy_form.entries(opened, asked)
        stamp = stale.sent_stamp() if errors else stale.stamp(entries)
    if filled is not None:
        sent = {"yaml": filled.to_yaml()} if is_yaml else policy_form.typed(filled, asked)
    return render_template(
        "policies/show.html",
        program=program,
        version=versions[0],
        versions=_listed(versions, asked),
        trial=trial,
        Change=Change,
        title=lambda profile: sight.title(profile, Viewer.COORDINATOR),
        form=policy_form,
        question_weights=policy_form.question_weights(asked),
        question_rules=policy_form.question_rules(asked),
        presets=presets.PRESETS,
        preset=preset,
        shares=policy_form.shares(shown),
        saved=saved,
        typed=sent if sent and "yaml" not in sent else policy_form.typed(shown, asked),
        yaml=sent.get("yaml", shown.to_yaml() if trial else policy.to_yaml()),
        note=sent.get("note", request.args.get("note", "")[: policies.LONGEST_NOTE]),
        longest_note=policies.LONGEST_NOTE,
        is_yaml=is_yaml,
        errors=errors,
        stamp=stamp,
        overtaken=overtaken,
        outcomes=outcomes.shown(session, program),
    )
