"""Mails to people: what is expected of them around a reporting day, and what became of what they did in a month."""
