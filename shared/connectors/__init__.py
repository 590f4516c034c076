"""Clients of outside systems: they fetch, send and translate, and know no database."""
