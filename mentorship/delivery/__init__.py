"""How emails are sent, and what comes back."""
