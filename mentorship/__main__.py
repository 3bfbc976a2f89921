"""`python -m mentorship`, and the script `preceptor`: the command line in a process of its own."""

import atexit
import gc
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

    # Nearly all objects of a command are what it imports, and stay to its end. Looking through them
    # for garbage again and again, and once more at the exit, takes a third of its time.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    main()


if __name__ == "__main__":
    start()
