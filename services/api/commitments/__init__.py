"""Commitments and citizen promises within an agreement, and how much of each is done."""
