"""How templates of emails and pages speak: `_`, `ngettext` and `{% trans %}`, as all sentences."""

from __future__ import annotations

from typing import Any

import jinja2
from markupsafe import Markup

from mentorship import language


def install(environment: jinja2.Environment) -> None:
    """Let the templates of an environment speak the language in use."""
    environment.add_extension("jinja2.ext.i18n")
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals |= {
        "_": language.gettext,
        "gettext": _trans,
        "ngettext": language.ngettext,
    }


@jinja2.pass_eval_context
def _trans(context: jinja2.nodes.EvalContext, message: str, **values: Any) -> str:
    """Return what stands in `{% trans %}`; in HTML, values that are no markup are escaped."""
    translated: str = language.current().catalog.gettext(message)
    # Messages are ours, and translations of them are read before they are taken.
    marked = Markup(translated) if context.autoescape else translated  # noqa: S704
    return language.filled(marked, values)
