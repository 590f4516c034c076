"""An app's metrics, as Prometheus reads them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from shared.operation.metrics import exposed

if TYPE_CHECKING:
    from fastapi import FastAPI


async def metrics_of(app: FastAPI, times: int = 1) -> str:
    """Return them over HTTP, from a port of their own, as they are the last of some times."""
    return await asyncio.to_thread(_scrape, app, times)


def _scrape(app: FastAPI, times: int) -> str:
    with exposed(app.state.metrics, "127.0.0.1", 0) as port:
        return [httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text for _ in range(times)][-1]
