"""Files of activities, and what the API reports of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE

IMPORTS = f"{BASE}/activity-imports"


COUNTS = ("created", "updated", "unchanged", "superseded", "outdated", "refused")


HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents,note,version"


def row(number: int, **changed: str) -> str:
    cells = {
        "source": "test",
        "externalId": f"walk-{number}",
        "type": "safety-walk",
        "agreement": "landskrona-2015-2016",
        "annex": "3",
        "area": "1282-karlslund",
        "status": "performed",
        "start": "2016-04-12",
        "residents": "21",
        "note": "",
        "version": "",
    }
    return ",".join((cells | changed).values())


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode() + b"\n"


async def send(
    client: httpx.AsyncClient, content: bytes | str | AsyncIterator[bytes], media_type: str = "text/csv", **query: str
) -> dict[str, Any]:
    response = await client.post(IMPORTS, content=content, headers={"Content-Type": media_type}, params=query)
    assert response.status_code == 201, response.text
    report = response.json()
    assert report["rows"] == sum(report[outcome] for outcome in COUNTS)
    return report


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {outcome: report[outcome] for outcome in ("rows", *COUNTS) if report[outcome]}


async def stored(engine: AsyncEngine) -> dict[str, tuple[str | None, int | None]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT external_id, note, import_row FROM activity ORDER BY external_id"))
        return {row.external_id: (row.note, row.import_row) for row in rows}
