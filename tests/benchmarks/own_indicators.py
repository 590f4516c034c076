"""Own indicators of a municipality, as many as are asked for: written in YAML, of all types of activities."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.indicator import THEMES
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.facts.catalogue_in_force import CatalogueInForce

# Names are as people write them: short, long, and of one long word.
_NAMES = (
    "{type} {number}",
    "{type} på skolor {number}",
    "{type} tillsammans med föreningar och fastighetsägare i hela kommunen, enligt handlingsplanen {number}",
    "Kommunövergripandesamverkansåtgärdsuppföljning {number}",
)
_DEFINITION = """
code: {code}
name: {{sv: "{name}", en: "{name}"}}
definition:
  sv: Antal genomförda aktiviteter av typen {type}, räknade den dag då de genomfördes.
  en: Activities of the type carried out.
numerator: {{sv: Genomförda aktiviteter, en: Activities carried out}}
themes: [{theme}]
unit: count
direction: higher
kind: count
activityTypes: [{type_code}]
"""
_ADD = text(
    """INSERT INTO municipal_definition (kind, code, version, document)
       SELECT 'indicator', code, 1, document FROM jsonb_each(CAST(:documents AS jsonb)) AS own (code, document)"""
)
_OWN = text(
    """INSERT INTO municipal_definition_area (kind, code, version, area_id)
       SELECT 'indicator', jsonb_object_keys(CAST(:documents AS jsonb)), 1, area_id FROM area WHERE code = :area"""
)


async def add_own_indicators(connection: AsyncConnection, area: str, number: int) -> Catalogue:
    """Let an area have so many indicators of its own; return the catalogue with them."""
    documents = json.dumps(dict(_documents(number)))
    await connection.execute(_ADD, {"documents": documents})
    await connection.execute(_OWN, {"documents": documents, "area": area})
    return await CatalogueInForce(shipped_catalogue()).current(connection)


def _documents(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    types = [*shipped_catalogue().activity_types.values()]
    themes = [*THEMES]
    for one in range(number):
        activity_type = types[one % len(types)]
        names = {"type": activity_type.name.sv, "number": one + 1}
        written = {"type_code": activity_type.code, "type": activity_type.name.sv, "theme": themes[one % len(themes)]}
        name = _NAMES[one % len(_NAMES)].format(**names)
        code = f"own-{one + 1}"
        yield code, yaml.safe_load(_DEFINITION.format(code=code, name=name, **written))
