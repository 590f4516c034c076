"""What is counted where it happens, by code that knows no app; each process shows its own in its metrics."""

from prometheus_client import Counter

REFUSED = Counter(
    "samverkan_refused_requests",
    "Requests refused since a limit was reached, by the limit.",
    ("limit",),
    registry=None,
)
"""`REFUSED.labels("key_requests_per_minute").inc()` where a limit refuses; the label is the limit's name."""
