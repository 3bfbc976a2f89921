"""Spreadsheets of any wording: what their columns and answers mean, guessed and then decided."""
