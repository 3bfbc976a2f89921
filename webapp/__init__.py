"""The site: turns HTTP into calls of the domain."""

from __future__ import annotations

import datetime

from flask import Flask
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from mentorship.database import make_engine
from mentorship.settings import Settings
from webapp import banner, design, errors, gate, health, request_log, security, sign_in, styleguide
from webapp.coordinators import (
    coordinators,
    desk,
    emails,
    exports,
    messages,
    new_programs,
    outcomes,
    pairings,
    pairs,
    people,
    person,
    policies,
    questions,
    report,
    round_schedules,
    rounds,
    search,
    uploads,
    wordings,
)
from webapp.participants import (
    account,
    answers,
    invitations,
    join,
    meetings,
    pages,
    preferences,
    profiles,
)
from webapp.slow_requests import BodyDeadline

AREAS = (
    health, pages, sign_in, account, invitations, join, profiles, desk, new_programs, coordinators,
    people, person, messages, uploads, rounds, round_schedules, pairs, pairings, emails, exports,
    search, report, wordings, policies, questions, outcomes, answers, meetings, preferences,
)  # fmt: skip


def create_app(settings: Settings) -> Flask:
    """Assemble the site of an installation."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.require("secret_key").secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-form",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=datetime.timedelta(hours=12),
        # Four times the longest form that a person fills in; uploads may have more.
        MAX_CONTENT_LENGTH=256 * 1024,
        IS_LOCAL=settings.is_local,
        TRUSTED_HOSTS=security.trusted_hosts(settings),
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        # Links in emails are used from another site, so a page may come without a referrer.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["settings"] = settings
    app.extensions["engine"] = make_engine(settings.require("database_url").database_url)
    app.wsgi_app = BodyDeadline(app.wsgi_app)  # type: ignore[method-assign]
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    request_log.init_app(app)
    # In this order: who sends it, whether they may, and only then is what they sent read.
    security.init_app(app)
    gate.init_app(app)
    csrf = CSRFProtect(app)
    security.limiter.init_app(app)
    errors.init_app(app)
    design.init_app(app)
    banner.init_app(app)
    # No one else's page can make a browser send our cookies and watch the length of the answer:
    # they are SameSite=Lax. So compressing pages that hold tokens gives nothing away.
    app.config["COMPRESS_ALGORITHM"] = ["gzip"]
    app.config["COMPRESS_LEVEL"] = 4
    Compress(app)
    for area in AREAS:
        app.register_blueprint(area.bp)
    csrf.exempt(app.view_functions[security.ONE_CLICK])
    if settings.is_local:
        app.register_blueprint(styleguide.bp)
    return app
