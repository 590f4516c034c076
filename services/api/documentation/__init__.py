"""The specification of the API, and its page."""
