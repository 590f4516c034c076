"""Decisions that a commitment is fulfilled, where no activities fulfil it: marked by who coordinates its agreement."""
