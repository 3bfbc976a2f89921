"""Rounds: started, matched, proposed and published."""
