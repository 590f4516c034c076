"""Suspected duplicates: pairs of activities that may be one event, reported twice."""
