"""Subscriptions to changes, and what was delivered."""
