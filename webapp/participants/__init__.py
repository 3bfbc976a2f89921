"""Pages of mentees and mentors, and the front pages that lead them in."""
