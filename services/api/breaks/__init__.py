"""Breaks: months with which something changed on purpose, so that limits start afresh."""
