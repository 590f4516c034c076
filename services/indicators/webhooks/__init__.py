"""The outbox of changes, and their delivery to subscribers."""
