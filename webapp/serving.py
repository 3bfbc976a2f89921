"""gunicorn's settings: `gunicorn --config python:webapp.serving webapp.wsgi:app`."""

from __future__ import annotations

import os
import sys
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from mentorship import logs
from mentorship.errors import PreceptorError
from mentorship.settings import Settings

try:
    logs.set_up(Settings.read(os.environ))
except PreceptorError as error:
    sys.exit(f"preceptor web: {error}")


class ServerLogger(Logger):  # type: ignore[misc]
    """Sends gunicorn's own messages where all others go; its access log stays off."""

    def setup(self, cfg: Any) -> None:
        """Send everything to the root logger."""
        super().setup(cfg)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True


logger_class = ServerLogger
#: No header of a request says where the site is: by default gunicorn takes SCRIPT_NAME from a proxy
#: on this machine, which may pass on a client's.
forwarder_headers = ""
