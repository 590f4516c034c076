"""What a municipality adds shows without code: an indicator of its own, a rhythm, promises without annexes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from services.api.http.routing import BASE
from shared.domain.person import PersonRole
from tests.api.today import let_today_be
from tests.landskrona.loading import prepare, settle
from tests.pages.people import words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

    Visiting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

AGREEMENTS = Path(__file__).parents[3] / "shared" / "data" / "agreements"
TODAY = date(2026, 10, 20)
COORDINATOR = PersonRole.COORDINATOR
OWN = {
    "area": "2403",
    "name": {"sv": "Nattvandringar i byn", "en": "Night walks in the village"},
    "definition": {"sv": "Kvällar då vuxna gick genom byn.", "en": "Evenings when adults walked the village."},
    "numerator": {"sv": "Kvällar", "en": "Evenings"},
    "unit": "count",
    "direction": "higher",
    "kind": "count",
    "activityTypes": ["safety-walk"],
}


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """Return the app on a day of the agreement's year."""
    let_today_be(app, TODAY)
    return app


async def test_own_indicators_rhythms_and_promises_show(
    client: httpx.AsyncClient, engine: AsyncEngine, visiting: Visiting
) -> None:
    await prepare(engine)
    agreement = yaml.safe_load((AGREEMENTS / "small-municipality" / "agreement.yaml").read_text(encoding="utf-8"))
    agreement["rhythms"] = ["quarter"]
    agreement["indicators"].append({"indicator": "night-walks"})
    await _put(client, "indicators/night-walks", OWN)
    await _put(client, f"agreements/{agreement['code']}", agreement)
    for day in ("2026-02-03", "2026-02-10", "2026-08-04"):
        await _walk(client, agreement["code"], day)
    await settle(engine, TODAY)
    async with visiting(COORDINATOR, "2403") as coordinator:
        overview = await coordinator.get("/overenskommelsen")
        words = words_of(overview)
        indicator = words_of(await coordinator.get("/overenskommelsen/indikatorer/night-walks~all"))
        value = words_of(await coordinator.get("/overenskommelsen/varden/night-walks~all~2403~2026-q1"))
    assert "Överenskommelsen i Bjurholm 2026" in words
    assert "Medborgarlöften i Bjurholm 2026 Indikator kv 1 kv 2 kv 3 kv 4 2026 hittills" in words
    # What was recorded within a year after its reporting day came late; later it is history.
    assert re.search("Nattvandringar i byn kv 1: 2 (2 kom in sent )?kv 2: 0 kv 3: 1", words)
    assert "T1 = jan" not in words
    assert "Polisen kontrollerar trafiken i Bjurholm minst två gånger i månaden. medborgarlöfte Pågår, 0 av 24" in words
    assert "Skolgården får ny belysning före den 1 oktober. medborgarlöfte Inte uppfyllt" in words
    assert "Har inte rapporterats Skolgården får ny belysning" in words
    assert "Kvällar då vuxna gick genom byn." in indicator
    assert "kvartal 3 2026 1" in indicator
    assert "2 aktiviteter" in value
    assert "3 februari 2026" in value.replace("\N{NO-BREAK SPACE}", " ")


async def _put(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.put(f"{BASE}/{path}", json=body)
    assert answer.is_success, answer.text


async def _walk(client: httpx.AsyncClient, agreement: str, day: str) -> None:
    walk = {"source": "test", "externalId": day, "type": "safety-walk", "agreement": agreement, "area": "2403"}
    answer = await client.post(
        f"{BASE}/activities", json={**walk, "status": "performed", "start": day, "participants": {"residents": 4}}
    )
    assert answer.is_success, answer.text
