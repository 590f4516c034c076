"""Roles: what may be true of an area for some days."""
