"""The worker: turns jobs into domain calls, and runs the matching."""
