"""One line in the log for every request: which page, how it was answered, how long it took.

It names the page's pattern and never its address, in which links carry secrets and searches names.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request

from mentorship import logs

log = logging.getLogger("preceptor.access")


def init_app(app: Flask) -> None:
    """Log every request, with an id on each of its lines."""
    app.before_request(_begin)
    app.after_request(_write)
    app.teardown_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    g.logged = ExitStack()
    g.logged.enter_context(logs.about(request=secrets.token_hex(8)))


def _write(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "-"
    milliseconds = round((time.perf_counter() - g.started) * 1000, 1)
    log.info(
        "%s %s %s %s ms", request.method, route, response.status_code, milliseconds,
        extra={
            "method": request.method, "route": route, "status": response.status_code,
            "milliseconds": milliseconds,
        },
    )  # fmt: skip
    return response


def _end(error: BaseException | None) -> None:
    if "logged" in g:
        g.logged.close()
