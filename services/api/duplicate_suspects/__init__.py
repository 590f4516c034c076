"""Suspected duplicates: pairs of activities that may be one event, told by two sources."""
