"""Observations: figures that come from elsewhere, reported one at a time."""
