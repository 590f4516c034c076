"""A dataset as JSON-stat 2.0 (json-stat.org/full): a cube of slices, areas, periods and the parts of a figure.

The cube is sparse: a cell that is not among its values is not published. The names are in Swedish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from services.api.open_data.addresses import dataset_address
from shared.domain.period import Period
from shared.domain.wording import Language
from shared.read_model.texts import instant_text, json_number
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.api.open_data.queries import PublishedFigure
    from services.api.open_data.table import PublishedTable

MEDIA_TYPE = "application/json"
# The dimensions in their order, and the parts of a figure.
DIMENSIONS = {"slice": "Del", "area": "Område", "period": "Period", "figure": "Uppgift"}
_PARTS = {"value": "Värde", "numerator": "Täljare", "denominator": "Nämnare"}


def json_stat_of(table: PublishedTable, public_url: str) -> bytes:
    """Return a table as JSON-stat."""
    categories = _categories(table)
    parts = categories["figure"]
    places = {name: {code: at for at, code in enumerate(codes)} for name, codes in categories.items()}
    values: dict[str, int | float | None] = {}
    for figure in table.figures:
        cell = places["slice"][figure.slice]
        for name, code in (("area", figure.area_code), ("period", figure.period)):
            cell = cell * len(categories[name]) + places[name][code]
        for part, at in places["figure"].items():
            if (number := getattr(figure, part)) is not None:
                values[str(cell * len(parts) + at)] = json_number(number)
    document = {
        **_head(table, public_url),
        "id": [*DIMENSIONS],
        "size": [len(categories[name]) for name in DIMENSIONS],
        "role": {"time": ["period"], "geo": ["area"], "metric": ["figure"]},
        "dimension": {
            name: {"label": label, "category": {"index": [*categories[name]], "label": dict(categories[name])}}
            for name, label in DIMENSIONS.items()
        },
        "value": values,
    }
    document["dimension"]["figure"]["category"]["unit"] = {"value": _unit(table)}
    return orjson.dumps(document)


def _head(table: PublishedTable, public_url: str) -> dict[str, Any]:
    definition = table.definition
    return {
        "version": "2.0",
        "class": "dataset",
        "href": f"{dataset_address(public_url, table.catalogue.code, definition.code)}.json",
        "label": definition.name.sv,
        "source": table.catalogue.publisher,
        "updated": instant_text(max(figure.computed_at for figure in table.figures)),
        "note": [definition.definition.sv],
        "extension": {"label": definition.name.model_dump(), "definition": definition.definition.model_dump()},
    }


def _categories(table: PublishedTable) -> Mapping[str, Mapping[str, str]]:
    """Return the codes of each dimension in their order, each with what it is called."""
    named = [(figure, table.names[figure.key]) for figure in table.figures]
    in_time = sorted(table.figures, key=lambda figure: (figure.period_start, -figure.period_end.toordinal()))
    return {
        "slice": {figure.slice: names["sliceName"].sv for figure, names in named},
        "area": {figure.area_code: names["areaName"].sv for figure, names in named},
        "period": {figure.period: period_in_words(Period.parse(figure.period), Language.SV) for figure in in_time},
        "figure": {part: label for part, label in _PARTS.items() if _has(table.figures, part)},
    }


def _has(figures: Iterable[PublishedFigure], part: str) -> bool:
    return any(getattr(figure, part) is not None for figure in figures)


def _unit(table: PublishedTable) -> dict[str, Any]:
    """Return what values are counted in, and the most decimals that one has; closed ones may keep another unit."""
    units = dict.fromkeys(table.names[figure.key]["unitName"].sv for figure in table.figures)
    exponents = (figure.value.as_tuple().exponent for figure in table.figures)
    decimals = max(-exponent for exponent in exponents if isinstance(exponent, int))
    return {"label": ", ".join(units), "decimals": max(decimals, 0)}
