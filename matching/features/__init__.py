"""Answers as arrays, and two tables of people compared by them."""
