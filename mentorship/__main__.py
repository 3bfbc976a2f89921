"""`python -m mentorship`, and the script `preceptor`: the command line in a process of its own."""

import sys

from mentorship import library


def start() -> None:
    """Run one command and end the process."""
    try:
        library.check()
    except ImportError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(3)
    # Only now: it imports the library.
    from mentorship.commands import main
    from mentorship.service.processes import look_for_garbage_seldom

    look_for_garbage_seldom()
    main()


if __name__ == "__main__":
    start()
