"""Reporting by a page: the types that are asked for, a form made from the type, and the receipt."""
