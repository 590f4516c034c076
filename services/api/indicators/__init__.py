"""Indicators: what each figure says, and how it is made."""
