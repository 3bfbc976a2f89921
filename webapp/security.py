"""What requests are refused for, and the headers of every answer."""

from __future__ import annotations

import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from mentorship.settings import Settings

#: Nothing inline, nothing from another host, no frame around us; scripts only with the nonce.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: For an email in a frame: its styles are in it; nothing of it may run, load or leave.
LETTER = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

#: What a mail program sends by itself, from wherever it is (RFC 8058): nothing else is exempt from
#: the token of a form, and from coming from a page of ours.
ONE_CLICK = "preferences.unsubscribe"


def place() -> str:
    """Return where a request comes from, as far as network addresses tell places apart.

    A line with IPv6 has a whole /64 of addresses and uses them by turns.
    """
    text = get_remote_address()
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


#: What a lecture hall behind one network address does in a minute: everyone asks for a code, most
#: once, and types it, some twice. What one address gets is limited in `accounts.sign_in_links`.
A_ROOM_ASKS = "120 per minute"
A_ROOM_TYPES = "240 per minute"

#: In the memory of each process: a page never waits for Redis. What counts for security (wrong
#: codes, requests for an address) is counted in the database as well.
limiter = Limiter(
    place,
    storage_uri="memory://",
    default_limits=["1200 per minute"],
    default_limits_exempt_when=lambda: request.method in ("GET", "HEAD", "OPTIONS"),
)


def trusted_hosts(settings: Settings) -> list[str]:
    """Return the names under which the site answers: its own, and this machine's for probes."""
    own = urlsplit(settings.base_url).hostname or "localhost"
    return [own, "localhost", "127.0.0.1", "[::1]"]


def init_app(app: Flask) -> None:
    """Refuse what another site sends, and set the headers of every answer."""
    app.before_request(_refuse_other_sites)
    app.before_request(_refuse_nul)
    app.after_request(set_headers)
    app.add_template_global(nonce, "csp_nonce")


def nonce() -> str:
    """Return the nonce of this answer's own scripts."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def letter(html: str) -> Response:
    """Return an email for a frame in one of our pages, and nowhere else."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = LETTER
    return response


def with_frames(page: str) -> Response:
    """Return a page that shows emails in frames."""
    response = Response(page)
    response.headers["Content-Security-Policy"] = (
        f"{POLICY}; frame-src 'self'; script-src 'nonce-{nonce()}'"
    )
    return response


def _refuse_other_sites() -> None:
    changes = request.method not in ("GET", "HEAD", "OPTIONS") and request.endpoint != ONE_CLICK
    if changes and request.headers.get("Sec-Fetch-Site", "same-origin") not in (
        "same-origin",
        "none",
    ):
        abort(403)


def _refuse_nul() -> None:
    """Refuse an address with a NUL character, which no text holds and no database stores."""
    if "\0" in request.path or any("\0" in value for _, value in request.args.items(multi=True)):
        abort(400)


def set_headers(response: Response) -> Response:
    """Set the headers of every answer."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", f"{POLICY}; script-src 'nonce-{nonce()}'")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    # A browser keeps this for a year, and on a developer's machine other things listen as well.
    if request.is_secure and not current_app.config.get("IS_LOCAL"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers["Cache-Control"] = "no-store"
    return response
