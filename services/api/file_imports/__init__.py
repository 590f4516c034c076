"""Imports of files: many activities or observations at once, with a report of what became of each row."""
