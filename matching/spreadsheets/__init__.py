"""Files of people and pairs of any origin, read as rows of text under limits."""
