"""Checks of a running installation, each with how to fix a problem."""

from __future__ import annotations

import datetime
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from sqlalchemy.exc import SQLAlchemyError

from matching import intact
from mentorship import database, migrations
from mentorship.delivery import return_paths, smtp
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.errors import Unavailable
from mentorship.service import heartbeats, mail_advice
from mentorship.settings import Settings

MOST_SKEW_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One check: its name, whether it is passed, what was seen, and how to fix it."""

    check: str
    ok: bool
    seen: str
    fix: str = ""


class _Wrong(Exception):
    """A check that failed: what was seen, and how to fix it."""

    def __init__(self, seen: str, fix: str) -> None:
        super().__init__(seen)
        self.fix = fix


def examine(settings: Settings) -> list[Finding]:
    """Return a finding for each check; no check stops another."""
    checks: dict[str, Callable[[Settings], str]] = {
        "packages": _packages,
        "secrets": _secrets,
        "database": _database,
        "clock": _clock,
        "redis": _redis,
        "workers": _workers,
        "mail": _mail,
        "bounces": _bounces,
        "address": _address,
        "proxy": _proxy,
    }
    findings = []
    for name, check in checks.items():
        try:
            findings.append(Finding(name, True, check(settings)))
        except _Wrong as wrong:
            findings.append(Finding(name, False, str(wrong), wrong.fix))
    return findings


def _packages(_settings: Settings) -> str:
    names, changed = intact.others(), intact.changed()
    again = "pip install --force-reinstall --no-deps preceptor"
    if names:
        raise _Wrong(
            f"{' and '.join(names)} installs a package `matching` into the same folder; installing "
            "or removing one overwrites or deletes files of the other",
            f"pip uninstall {' '.join(names)}; {again}",
        )
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise _Wrong(f"{changed[0]}{more} differs from what was installed", again)
    return "the files of the package `matching` are Preceptor's own"


def _secrets(settings: Settings) -> str:
    if not settings.secret_key:
        raise _Wrong(
            "SECRET_KEY is not set", "set it, or name the folder of `preceptor up`: --data"
        )
    return f"SECRET_KEY has {len(settings.secret_key)} characters"


def _database(settings: Settings) -> str:
    kind = settings.database_url.partition(":")[0]
    try:
        with database.reading(database.make_engine(settings.database_url)) as session:
            if not migrations.is_current(session.connection()):
                raise _Wrong(f"{kind}: its tables are from another version", "preceptor migrate")
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        raise _Wrong(f"{kind}: {reason}", "start it, or correct DATABASE_URL") from None
    return f"{kind}: reachable, its tables are current"


def _clock(settings: Settings) -> str:
    try:
        with database.reading(database.make_engine(settings.database_url)) as session:
            skew = (database.now(session) - datetime.datetime.now(datetime.UTC)).total_seconds()
    except SQLAlchemyError:
        raise _Wrong("the database's clock cannot be read", "fix the database first") from None
    if abs(skew) > MOST_SKEW_SECONDS:
        raise _Wrong(f"{abs(skew):.0f} s from the database's clock", "turn on time synchronization")
    return f"within {MOST_SKEW_SECONDS} s of the database's clock"


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        raise _Wrong("REDIS_URL is not set", "set it, or start `preceptor up`")
    try:
        client = redis.Redis.from_url(
            settings.redis_url, socket_timeout=3, socket_connect_timeout=3
        )
        version = client.info("server").get("redis_version", "unknown")
    except (redis.RedisError, OSError, ValueError) as error:
        raise _Wrong(f"cannot be reached: {error}", "start it, or correct REDIS_URL") from None
    return f"reachable, version {version}"


def _workers(settings: Settings) -> str:
    silent = []
    try:
        with database.reading(database.make_engine(settings.database_url)) as session:
            for kind in heartbeats.KINDS:
                if not heartbeats.is_alive(session, kind):
                    silent.append(kind)
    except SQLAlchemyError:
        raise _Wrong("unknown, as the database cannot be read", "fix the database first") from None
    if silent:
        raise _Wrong(f"no sign of life from {', '.join(silent)}", "start them, or `preceptor up`")
    return "matching, mail and beat are alive"


def _mail(settings: Settings) -> str:
    if not settings.smtp_url:
        raise _Wrong("SMTP_URL is not set", "set it, or start `preceptor up`")
    sender = smtp.SMTPSender(settings)
    try:
        sender.connect()
    except smtp.RelayDown as error:
        fix = mail_advice.on_connection(str(error), "SMTP_URL")
        raise _Wrong(str(error), fix) from None
    try:
        return _announced(sender, settings)
    finally:
        sender.close()


def _announced(sender: smtp.SMTPSender, settings: Settings) -> str:
    """Return that the relay accepts an email from us to MAIL_FROM, without sending its text."""
    host = urlsplit(settings.smtp_url).hostname
    *marked, last = return_paths.of_email(uuid.uuid4(), settings)
    for return_path in marked:
        try:
            sender.begin([return_path], settings.mail_from)
            sender.abandon()
        except smtp.Unwelcome as error:
            _announce(sender, last, settings)
            raise _Wrong(
                f"the relay refuses the return path {return_path}: {error}",
                "allow these addresses at the relay, or set MAIL_RETURN_TAG to none; reports "
                "then flag no addresses",
            ) from None
        except smtp.TemporaryFailure as error:
            return f"the relay at {host} answers; it deferred an email to MAIL_FROM: {error}"
        except smtp.PermanentFailure:
            break
    _announce(sender, last, settings)
    return f"the relay at {host} accepts emails from {last}"


def _announce(sender: smtp.SMTPSender, return_path: str, settings: Settings) -> None:
    try:
        sender.begin([return_path], settings.mail_from)
        sender.abandon()
    except smtp.PermanentFailure as error:
        fix = "create this mailbox, or set MAIL_FROM to one that exists: replies to emails go there"
        raise _Wrong(f"the relay does not deliver to {settings.mail_from}: {error}", fix) from None
    except smtp.RelayDown as error:
        raise _Wrong(str(error), mail_advice.on_announcement(str(error))) from None
    except smtp.TemporaryFailure:
        pass  # It defers senders that it does not know yet, and accepts them later.


def _bounces(settings: Settings) -> str:
    if not settings.bounces_url:
        return "no mailbox is read for bounces, as BOUNCES_URL is not set"
    try:
        number = BounceMailbox(settings).count()
    except Unavailable as error:
        fix = mail_advice.on_connection(str(error), "BOUNCES_URL")
        raise _Wrong(str(error), fix) from None
    return f"the bounce mailbox can be read; unread messages: {number}"


def _address(settings: Settings) -> str:
    url = f"{settings.base_url.rstrip('/')}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - checked by Settings
            if answer.status != 200:
                raise _Wrong(f"{url} answers {answer.status}", "see the site's log")
    except (urllib.error.URLError, OSError) as error:
        raise _Wrong(
            f"{url} does not answer: {error}", "start the site, or correct BASE_URL"
        ) from None
    return f"{settings.base_url} answers"


def _proxy(settings: Settings) -> str:
    if urlsplit(settings.base_url).scheme == "https" and settings.proxy_hops == 0:
        raise _Wrong(
            "BASE_URL is https but PROXY_HOPS is 0: people's addresses would all be the proxy's",
            "set PROXY_HOPS to the number of proxies in front of the site",
        )
    return f"{settings.proxy_hops} in front of the site"
