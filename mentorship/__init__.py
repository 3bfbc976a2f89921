"""The domain of a mentoring program: people, rounds, pairings, emails, and their storage.

Functions take a session and plain values, never commit, and know nothing of the web. Only
`service/queue.py` knows Celery, and `service/up.py` names the processes to start.
"""
