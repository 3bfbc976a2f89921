"""Two people, from the question or the introduction to the end."""
