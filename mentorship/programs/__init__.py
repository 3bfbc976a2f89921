"""Mentoring programs and their policies."""
