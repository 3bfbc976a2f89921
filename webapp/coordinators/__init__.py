"""Pages of the coordinators who run a program."""
