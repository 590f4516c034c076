"""Mails to people: their words and form in Swedish and English, and sending them by the municipality's server."""
