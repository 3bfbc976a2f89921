"""The worker: turns jobs into domain calls, and runs the matching."""

from mentorship import library

# Every part of the worker needs it: better one sentence than what comes of another's files.
library.check()
