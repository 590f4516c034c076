"""Where the API tells the worker, through Redis, that there is work."""

# A message means only that something has changed: what it was is in PostgreSQL.
CHANNEL = "samverkan:wakeups"
