"""The site: turns HTTP into calls of the domain."""

from __future__ import annotations

import datetime

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from mentorship.database import make_engine
from mentorship.settings import Settings
from webapp import access, errors, health, invitations, pages, rounds, security, sign_in


def create_app(settings: Settings) -> Flask:
    """Assemble the site of an installation."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.require("secret_key").secret_key,
        SESSION_COOKIE_NAME="__Host-form",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=datetime.timedelta(hours=12),
        MAX_CONTENT_LENGTH=1024 * 1024,
        TRUSTED_HOSTS=security.trusted_hosts(settings),
        # Links in emails are used from another site, so a page may come without a referrer.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["settings"] = settings
    app.extensions["engine"] = make_engine(settings.require("database_url").database_url)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    CSRFProtect(app)
    security.init_app(app)
    access.init_app(app)
    errors.init_app(app)
    for blueprint in (health.bp, pages.bp, sign_in.bp, invitations.bp, rounds.bp):
        app.register_blueprint(blueprint)
    return app
