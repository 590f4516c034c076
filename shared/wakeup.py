"""Where the API tells the worker, through Redis, that there is work."""

# A message says nothing but that something has changed: what it was stands in PostgreSQL.
CHANNEL = "samverkan:wakeups"
