"""The site as a server starts it: `gunicorn webapp.wsgi:app`, settings from the environment."""

from __future__ import annotations

import os
import sys

from mentorship import logs
from mentorship.errors import PreceptorError
from mentorship.settings import Settings
from webapp import create_app

try:
    settings = Settings.read(os.environ)
    logs.set_up(settings)
    app = create_app(settings)
except PreceptorError as error:
    sys.exit(f"preceptor web: {error}")
