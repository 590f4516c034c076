"""All that a caller can read, by every interface."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any
from urllib.parse import quote

import httpx

from services.api.http.routing import BASE
from services.api.odata.routes import ROOT

Json = dict[str, Any]
# Small, so that there are several pages.
_LIMITS = {"activities": 7, "observations": 7, "notes": 3, "indicator-values": 1000, "activity-imports": 3}
_NOUNS = {"indicator-values": "indicatorValues", "activity-imports": "activityImports"}
_VALUES = "graffiti-cleanups"


class Interfaces:
    """Reads as one caller."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, address: str, **headers: str) -> httpx.Response:
        """Return an answer, whatever it is."""
        return await self._client.get(address, headers={**self._headers, **headers})

    async def read(self, address: str, **headers: str) -> httpx.Response:
        """Return an answer, which must be well."""
        answer = await self.get(address, **headers)
        assert answer.status_code == 200, f"{address}: {answer.text}"
        return answer

    async def listed(self, noun: str, query: str = "") -> list[Json]:
        """Return all entries of a list, page by page; they are as many as each page says."""
        entries: list[Json] = []
        address: str | None = f"{BASE}/{noun}?limit={_LIMITS[noun]}{query}"
        totals = set()
        while address:
            page = (await self.read(address)).json()
            entries += page[_NOUNS.get(noun, noun)]
            totals.add(page["_meta"]["totalRecords"])
            address = page["_links"].get("next", {}).get("href")
        assert totals == {len(entries)}
        return entries

    async def sheet(self) -> list[Json]:
        """Return the values of one indicator as CSV, which has its pages in a header."""
        answer = await self.read(f"{BASE}/indicator-values?indicator={_VALUES}&limit=1000", Accept="text/csv")
        assert 'rel="next"' not in answer.headers["Link"]
        return _rows(answer)

    async def file(self) -> list[Json]:
        """Return all values as a file."""
        return _rows(await self.read(f"{BASE}/indicator-value-files?periodType=month&format=csv"))

    async def followed(self) -> dict[str, Json]:
        """Return the values that the change feed leads to from its start."""
        values: dict[str, Json] = {}
        address, has_more = f"{BASE}/changes?batchSize=1000", True
        while has_more:
            answer = (await self.read(address)).json()
            for change in answer["changes"]:
                if change["change"] == "removed":
                    values.pop(change["id"], None)
                else:
                    values[change["id"]] = change["indicatorValue"]
            address, has_more = answer["_links"]["next"]["href"], answer["hasMore"]
        return values

    async def fed(self, address: str) -> list[Json]:
        """Return all rows of an entity set, page by page."""
        return [row async for row in self._fed(f"{ROOT}/{address}")]

    async def _fed(self, address: str) -> AsyncIterator[Json]:
        following: str | None = address
        while following:
            page = (await self.read(following, Prefer="odata.maxpagesize=500")).json()
            for row in page["value"]:
                yield row
            following = page.get("@odata.nextLink")

    async def counted(self, name: str) -> tuple[int, Counter[str]]:
        """Return how many rows an entity set has, and how many of each area by `$apply`."""
        count = int((await self.read(f"{ROOT}/{name}/$count")).text)
        grouped = await self.fed(f"{name}?$apply={quote('groupby((areaCode),aggregate($count as n))')}")
        return count, Counter({row["areaCode"]: row["n"] for row in grouped})


def _rows(answer: httpx.Response) -> list[Json]:
    return [*csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))]
