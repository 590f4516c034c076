"""The catalogue's definitions as the rows of the set Indicators: they are data, but stand in no table."""

from __future__ import annotations

import orjson

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue


def as_rows(catalogue: Catalogue) -> str:
    """Return the definitions as a JSON array, in the form that the set's source reads."""
    rows = [
        _as_row(definition, catalogue.owners.get(code)) for code, definition in sorted(catalogue.indicators.items())
    ]
    return orjson.dumps(rows).decode()


def _as_row(definition: IndicatorDefinition, owner: str | None) -> dict[str, object]:
    denominator, unit = definition.denominator, definition.unit_name
    return {
        "code": definition.code,
        "version": definition.version,
        "owner": owner,
        "name_sv": definition.name.sv,
        "name_en": definition.name.en,
        "definition_sv": definition.definition.sv,
        "definition_en": definition.definition.en,
        "numerator_sv": definition.numerator.sv,
        "numerator_en": definition.numerator.en,
        "denominator_sv": denominator and denominator.sv,
        "denominator_en": denominator and denominator.en,
        "unit": definition.unit,
        "unit_sv": unit and unit.sv,
        "unit_en": unit and unit.en,
        "kind": definition.kind,
        "over_time": definition.over_time,
        "direction": definition.direction,
        "themes": ", ".join(definition.themes),
        "valid_from": definition.valid_from,
        "valid_to": definition.valid_to,
    }
