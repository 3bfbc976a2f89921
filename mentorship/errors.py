"""What can go wrong, by meaning. The edges turn these into pages and exit codes.

PreceptorError
├── NotFound      no such program, person or round
├── Gone          it was there, and has ended
├── WrongState    the thing exists, but not in a state that allows this
├── Invalid       a value cannot be used; the message says how to fix it
└── Unavailable   a part of the service that is needed is not there
"""

from __future__ import annotations

from collections.abc import Mapping


class PreceptorError(Exception):
    """A mistake that a person can understand and fix; the message is written for them."""


class NotFound(PreceptorError):
    """There is no such thing."""


class Gone(PreceptorError):
    """It was there, and has ended; the message says what to do instead."""


class WrongState(PreceptorError):
    """The thing is in a state that does not allow this."""


class Invalid(PreceptorError):
    """A value cannot be used; of several, `fields` says by name what is wrong with which."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: Mapping[str, str] = fields or {}


class Unavailable(PreceptorError):
    """A part of the service that is needed is not there."""
