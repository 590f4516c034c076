"""Who changes the structure waits for others who do, and keeps no connection from anybody else meanwhile."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

import pytest

from services.api.http.dependencies import reading, structure_transaction
from services.api.http.routing import BASE
from shared.db.locks import share_area_hierarchy

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant
    from sqlalchemy.ext.asyncio import AsyncEngine


pytestmark = pytest.mark.begins_with("landskrona")
AT_ONCE = 12


async def test_those_who_wait_hold_one_connection_together(
    app: FastAPI, client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Five held all for writing, and 28 came before an activity that was reported after them."""
    pool = app.state.resources.engine.sync_engine.pool
    body = {"kind": "place", "placeKind": "park", "name": "Parken", "parents": [{"code": "1282"}]}
    async with engine.connect() as holder, holder.begin():
        await share_area_hierarchy(holder)
        asked = [asyncio.create_task(client.put(f"{BASE}/areas/1282-p{n}", json=body)) for n in range(AT_ONCE)]
        await asyncio.sleep(0.5)
        assert pool.checkedout() == 1
    assert {(await one).status_code for one in asked} == {201}


async def test_nobody_waits_for_a_turn_with_a_connection_for_reading(app: FastAPI) -> None:
    """Three who waited would keep everybody from reading."""
    found = 0
    for route in app.routes:
        dependant: Dependant | None = getattr(route, "dependant", None)
        order = [*_calls(dependant)] if dependant is not None else []
        if structure_transaction in order and reading in order:
            found += 1
            assert order.index(structure_transaction) < order.index(reading), getattr(route, "path", "")
    assert found > 3


def _calls(dependant: Dependant) -> list[object]:
    """Return what a route's dependencies call, in the order in which that is done."""
    inner = [call for one in dependant.dependencies for call in _calls(one)]
    return [*inner, inspect.unwrap(dependant.call)] if dependant.call else inner
