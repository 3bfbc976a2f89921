"""What every answer carries: what the browser may load, keep and tell others."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from mentorship.settings import Settings

#: Nothing inline, nothing from another host, no frame around us.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def trusted_hosts(settings: Settings) -> list[str]:
    """Return the names under which the site answers: its own, and this machine's for probes."""
    own = urlsplit(settings.base_url).hostname or "localhost"
    return [own, "localhost", "127.0.0.1", "[::1]"]


def init_app(app: Flask) -> None:
    """Refuse what another site sends, and set the headers of every answer."""
    app.before_request(_refuse_other_sites)
    app.after_request(set_headers)


def _refuse_other_sites() -> None:
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    if changes and request.headers.get("Sec-Fetch-Site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        abort(403)


def set_headers(response: Response) -> Response:
    """Set what every answer carries."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response
