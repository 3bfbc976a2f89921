"""`python -m mentorship` is the command line."""

from mentorship.commands import main

if __name__ == "__main__":
    main()
