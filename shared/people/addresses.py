"""Addresses that let people in, or out of their reminders, without anything else."""

from __future__ import annotations

from urllib.parse import quote


def sign_in_address(base_url: str, token: str, wanted: str = "") -> str:
    """Return the whole address of a link to sign in by, that leads on to a path of ours."""
    return f"{base_url.rstrip('/')}/logga-in/{token}{f'?till={quote(wanted)}' if wanted else ''}"


def switch_address(base_url: str, token: str) -> str:
    """Return the whole address by which reminders are switched off."""
    return f"{base_url.rstrip('/')}/paminnelser/{token}"
