"""What is counted where it happens, by code that knows no app; each process shows its own in its metrics."""

from prometheus_client import Counter

REFUSED = Counter(
    "samverkan_refused_requests",
    "Requests refused since a limit was reached, by what was answered.",
    ("limit",),
    registry=None,
)
"""The label is what is answered, such as `too-many-requests`; `services.api.http.problems` counts all of them."""
