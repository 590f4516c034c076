"""How many of an app's connections are held at a moment: of whoever does something that takes long, none."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest
    from fastapi import FastAPI

# The app's own look at the database is over by then.
_LOOKS, _SECONDS_BETWEEN_LOOKS = 100, 0.02


def note_taken(monkeypatch: pytest.MonkeyPatch, app: FastAPI, owner: object, name: str) -> list[int]:
    """Return a list that gets, whenever a function is called, how many connections the app holds until it goes on."""
    work, counts = getattr(owner, name), []

    async def noted_on_loop(*arguments: Any, **named: Any) -> Any:
        counts.append(await _count(app))
        return await work(*arguments, **named)

    def noted_in_thread(*arguments: Any, **named: Any) -> Any:
        counts.append(asyncio.run(_count(app)))
        return work(*arguments, **named)

    is_on_loop = inspect.iscoroutinefunction(work)
    monkeypatch.setattr(owner, name, noted_on_loop if is_on_loop else noted_in_thread)
    return counts


async def _count(app: FastAPI) -> int:
    """Return how many connections for reading and writing are held now, and for a while yet."""
    resources = app.state.resources
    pools: list[Any] = [one.sync_engine.pool for one in (resources.reading, resources.engine)]
    for _ in range(_LOOKS):
        if not any(pool.checkedout() for pool in pools):
            return 0
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    return sum(pool.checkedout() for pool in pools)
