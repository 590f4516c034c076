"""What a figure is made of adds up to the figure, for every kind and in all areas, slices and periods."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from services.api.values.lineage.queries import LISTS
from shared.catalogue.contributions import COUNTED_APART
from shared.catalogue.loader import shipped_catalogue
from tests.extent import amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

pytestmark = pytest.mark.long

VALUES = "/samverkan/v1/indicator-values"
SERIES = shipped_catalogue().series
# So many of each kind, spread evenly over all that there are.
LOOKED_AT = amount(15, 150)
Entry = dict[str, Any]


@pytest.mark.parametrize("kind", sorted({definition.kind for definition in SERIES.values()}))
async def test_the_parts_of_a_figure_add_up_to_it(reporter: httpx.AsyncClient, kind: str) -> None:
    codes, slices = zip(*(key for key, definition in SERIES.items() if definition.kind == kind), strict=True)
    asked = {"indicator": sorted({*codes}), "slice": sorted({*slices})}
    values = await _listed(reporter, VALUES, "indicatorValues", **asked)
    wrong = [
        value["id"]
        for value in values[:: max(1, len(values) // LOOKED_AT)]
        if not _is_explained(value, await _parts(reporter, value))
    ]
    assert len(values) > LOOKED_AT / 2
    assert wrong == []


async def test_what_a_sum_waits_for_is_told(reporter: httpx.AsyncClient) -> None:
    indicators = sorted(code for (code, _), definition in SERIES.items() if definition.kind == "observed")
    values = await _listed(reporter, VALUES, "indicatorValues", indicator=indicators, area="1282")
    missing = [value for value in values if value["status"] == "missing"]
    assert missing
    for value in missing[:: max(1, len(missing) // LOOKED_AT)]:
        waited_for = [part for part in await _parts(reporter, value) if part["numerator"] is None]
        assert {part["leftOut"]["reason"] for part in waited_for} & {"notArrived", "missing"}, value["id"]


def _is_explained(value: Entry, parts: Iterable[Entry]) -> bool:
    """Return whether the parts add up to a value's figures, and as many are left out as it counts apart."""
    apart = [part for part in parts if part["leftOut"] and part["leftOut"]["reason"] in COUNTED_APART]
    sums = {name: _added(part[name] for part in parts) for name in ("numerator", "denominator")}
    return len(apart) == value["leftOut"] and all(
        value[name] is None or Decimal(str(value[name])) == figure for name, figure in sums.items()
    )


def _added(figures: Iterable[float | None]) -> Decimal:
    return sum((Decimal(str(figure)) for figure in figures if figure is not None), Decimal(0))


async def _parts(reporter: httpx.AsyncClient, value: Entry) -> list[Entry]:
    """Return all parts of a value, from the list that it links to."""
    document = (await reporter.get(f"{VALUES}/{value['id']}")).json()
    (noun,) = document["_links"].keys() & {*LISTS.values()}
    return await _listed(reporter, document["_links"][noun]["href"], noun)


async def _listed(reporter: httpx.AsyncClient, address: str, noun: str, **asked: Any) -> list[Entry]:
    """Return a list as a whole."""
    entries: list[Entry] = []
    page, pages = 0, 1
    while page < pages:
        page += 1
        answer = await reporter.get(address, params=asked | {"page": page, "limit": 1000})
        assert answer.status_code == 200, (address, answer.text)
        pages = answer.json()["_meta"]["totalPages"]
        entries += answer.json()[noun]
    return entries
