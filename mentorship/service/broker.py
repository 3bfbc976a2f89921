"""Redis as Celery's broker, which is waited for also while it answers and refuses."""

from __future__ import annotations

from kombu import transport
from kombu.transport import redis
from redis.exceptions import ResponseError


class Transport(redis.Transport):
    """kombu's transport, for which a refusal counts as a lost connection.

    While a Redis fails over or loads its data, it answers READONLY, LOADING, MOVED, MASTERDOWN,
    NOREPLICAS and the like. kombu takes these for faults of the program, so that a worker ends.
    As lost connections they are tried again, on a new connection each time, since the old one may
    lead to a Redis that has become a replica for good.
    """

    connection_errors = (*redis.Transport.connection_errors, ResponseError)


def install() -> None:
    """Let Celery use it for every address of a Redis."""
    # Not by `broker_transport`, which an address such as redis+socket:// goes before.
    here = f"{__name__}:{Transport.__name__}"
    transport.TRANSPORT_ALIASES.update(redis=here, rediss=here)
