"""Access tokens for the relay and the bounce mailbox, from an OAuth 2 token endpoint."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from mentorship.errors import Unavailable
from mentorship.settings import Settings

#: A token is not used in this last part of its life, so that it does not expire on its way.
_MARGIN_SECONDS = 60
#: How long a token is valid for if the endpoint does not say, which RFC 6749 leaves open.
_USUAL_SECONDS = 3600
#: A longer life, or none that is a number, is not believed.
_LONGEST_SECONDS = 10_000_000
_MOST_BYTES = 100_000


class AccessToken:
    """A token that is kept until shortly before its end.

    Without a refresh token the client credentials grant is used. A refresh token that the endpoint
    gives in place of the last one is used from then on, by this object alone.
    """

    def __init__(self, refresh_token: str, settings: Settings) -> None:
        self._settings = settings
        self._first_refresh_token = self._refresh_token = refresh_token
        self._value = ""
        self._good_until = 0.0

    def value(self, trusted: Callable[[], ssl.SSLContext]) -> str:
        """Return a token, asking for one if need be; `trusted` gives the context for that.

        Raises `Unavailable`.
        """
        if not self._value or time.monotonic() >= self._good_until:
            self._value, seconds = self._ask(trusted())
            self._good_until = time.monotonic() + seconds - _MARGIN_SECONDS
        return self._value

    def forget(self) -> bool:
        """Drop a token that was refused; return whether there was one."""
        refused, self._value = self._value, ""
        return bool(refused)

    def _ask(self, context: ssl.SSLContext) -> tuple[str, float]:
        """Return a new token, and how many seconds it is valid for."""
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.smtp_oauth_client_id,
            "client_secret": settings.smtp_oauth_client_secret,
            "scope": settings.smtp_oauth_scope,
        }
        if self._refresh_token:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = self._refresh_token
        fields = {name: value for name, value in form.items() if value}
        request = urllib.request.Request(  # noqa: S310 - checked by Settings
            settings.smtp_oauth_token_url, urllib.parse.urlencode(fields).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(  # noqa: S310 - checked by Settings
                request, timeout=settings.smtp_seconds, context=context
            ) as response:
                answer = json.loads(response.read(_MOST_BYTES))
            token, seconds = answer["access_token"], answer.get("expires_in", _USUAL_SECONDS)
            newest = answer.get("refresh_token") or self._refresh_token
            if not (isinstance(token, str) and token.isascii() and isinstance(newest, str)):
                raise TypeError
            lifetime = float(seconds)
            if not 0 <= lifetime < _LONGEST_SECONDS:
                lifetime = _USUAL_SECONDS
            self._refresh_token = newest
            return token, lifetime
        except urllib.error.HTTPError as error:
            if error.code in (400, 401):
                # A newer one may have been refused: the next attempt begins with the setting's.
                self._refresh_token = self._first_refresh_token
            raise Unavailable(f"the token endpoint said {error.code} {_reason(error)}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the token endpoint cannot be reached: {error}") from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise Unavailable("the token endpoint gave no token") from None


def _reason(error: urllib.error.HTTPError) -> str:
    """Return why the endpoint refused: these two fields only, as others may be secret."""
    with error, contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
        answer = json.loads(error.read(_MOST_BYTES))
        return f"{answer.get('error', '')} {answer.get('error_description', '')}".strip()
    return ""
