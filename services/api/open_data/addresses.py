"""The addresses of what is published. They are stable: portals remember datasets by them, whatever version the API has.

They begin with the address of the settings, never with what a request or a gateway says: a cache must not keep a
catalogue that names another host.
"""

from __future__ import annotations

OPEN_DATA = "/oppna-data"


def catalogue_address(public_url: str, area_code: str) -> str:
    """Return the address of a municipality's catalogue, which is its identifier too."""
    return f"{public_url}{OPEN_DATA}/{area_code}"


def dataset_address(public_url: str, area_code: str, indicator: str) -> str:
    """Return the address of a dataset, which is its identifier too; with an ending, that of a form of it."""
    return f"{catalogue_address(public_url, area_code)}/{indicator}"
