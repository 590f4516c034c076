"""Definitions whose figures are observed, for tests to vary."""

from typing import Any

from shared.catalogue.indicator import IndicatorDefinition

TEXT = {"sv": "x", "en": "x"}


def definition(**fields: Any) -> IndicatorDefinition:
    plain = {
        "code": "crimes",
        "version": 1,
        "unit": "count",
        "direction": "lower",
        "kind": "observed",
        "observes": {"measure": "crimes"},
        **dict.fromkeys(("name", "definition", "numerator"), TEXT),
    }
    return IndicatorDefinition.model_validate(plain | fields)


CRIMES = definition()
