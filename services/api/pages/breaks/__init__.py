"""Breaks: from which month on an indicator is compared with nothing before, and why, set by who coordinates an area."""
