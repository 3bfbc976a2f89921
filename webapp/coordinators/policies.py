"""The policy of a program: its weights, its rules, and its earlier versions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.policy import InvalidPolicy, Policy
from mentorship.accounts.access import Action
from mentorship.errors import WrongState
from mentorship.language import gettext as _
from mentorship.language import sentence
from mentorship.models import Program
from mentorship.people import questions
from mentorship.programs import policies, presets, programs
from mentorship.programs.presets import Preset
from mentorship.rounds import rounds
from webapp import gate, storage
from webapp.coordinators import outcomes, policy_form

bp = Blueprint("policies", __name__, url_prefix="/programs/<slug>")


@bp.get("/policy")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str:
    """Show the current policy as forms, or a preset that may be saved, and the versions before."""
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
        if policy is None:
            return _page(session, program, sent, errors), 422
    if sent.get("decision") == "try":
        with gate.change() as change:
            trial = rounds.try_out(change.session, change.subject, policy, str(gate.my_id()))
            return change.done(url_for("rounds.show", slug=slug, round_id=trial.id))
    seen = sent.get("version", type=int)
    with gate.change() as change, contextlib.suppress(WrongState):
        adopted = policies.change(
            change.session, change.subject, str(gate.my_id()), policy, seen=seen
        )
        if adopted is None:
            message = _("Nothing was changed: the policy says this already.")
        else:
            message = _("Saved as version %(version)s.", version=adopted.version)
        return change.done(url_for("policies.show", slug=slug), message)
    with storage.reading() as session:
        return _page(session, programs.get(session, slug), sent, {}, is_overtaken=True), 409


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


def _page(
    session: Session,
    program: Program,
    sent: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    is_overtaken: bool = False,
    preset: Preset | None = None,
) -> str:
    """Return the page, with what was sent in the form that sent it, or a preset filled in."""
    current, *earlier = policies.versions(session, program.id)
    policy = policies.content(policies.current(session, program.id))
    asked = questions.of(program)
    saved = policy_form.typed(policy, asked)
    shown = preset.applied(policy) if preset else policy
    return render_template(
        "policies/show.html",
        program=program,
        version=current,
        earlier=earlier,
        form=policy_form,
        question_weights=policy_form.question_weights(asked),
        question_rules=policy_form.question_rules(asked),
        presets=presets.PRESETS,
        preset=preset,
        shares=policy_form.shares(shown),
        saved=saved,
        typed=sent if sent and "yaml" not in sent else policy_form.typed(shown, asked),
        yaml=sent.get("yaml", policy.to_yaml()),
        is_yaml="yaml" in sent,
        errors=errors,
        is_overtaken=is_overtaken,
        outcomes=outcomes.shown(session, program),
    )
