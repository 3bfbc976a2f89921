"""How emails leave, and what comes back."""
