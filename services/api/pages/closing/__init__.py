"""Closing the periods of an agreement: how far it has come, each step for whom it is, and what has come since."""
