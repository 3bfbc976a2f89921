"""The people who take part: their addresses, profiles and answers, and how they join."""
