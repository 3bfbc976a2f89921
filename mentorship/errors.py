"""What can go wrong, by meaning. The edges turn these into pages and exit codes.

PreceptorError
├── NotFound      no such program, person or round
├── WrongState    the thing exists, but not in a state that allows this
├── Invalid       what was given cannot be used; the message says how to mend it
└── Unavailable   a part of the service that is needed is not there
"""

from __future__ import annotations


class PreceptorError(Exception):
    """A mistake that a person can understand and mend; the message is written for them."""


class NotFound(PreceptorError):
    """There is no such thing."""


class WrongState(PreceptorError):
    """The thing is in a state that does not allow this."""


class Invalid(PreceptorError):
    """What was given cannot be used."""


class Unavailable(PreceptorError):
    """A part of the service that is needed is not there."""
