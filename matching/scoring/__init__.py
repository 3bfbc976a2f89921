"""The must-rules, and the score of every pair."""
