"""The pieces of SQL that the kinds of figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.catalogue.indicator import IndicatorDefinition, Selection


def activities(definitions: Iterable[IndicatorDefinition]) -> str:
    """Return the FROM item of activities `a`, with the annex that they were reported under where one is selected."""
    if any(definition.selects.annex or definition.selects.annex_code for definition in definitions):
        return """activity AS a
              LEFT JOIN annex ON annex.agreement_id = a.agreement_id AND annex.number = a.annex_number"""
    return "activity AS a"


def conditions_on_activity(definition: IndicatorDefinition) -> list[str]:
    """Return what an activity `a` must be for the figure to be about it at all."""
    return [f"a.activity_type IN ({listed(definition.activity_types)})", *conditions_of_selection(definition)]


def conditions_of_selection(definition: IndicatorDefinition) -> list[str]:
    """Return which activities `a` of the definition's types are selected."""
    selected = definition.selects.attributes
    conditions = [f"a.attributes ->> {quoted(name)} IN ({listed(values)})" for name, values in selected.items()]
    return [*conditions, *conditions_on_annex(definition.selects)]


def conditions_on_annex(selects: Selection) -> list[str]:
    """Return which `annex` it must be reported under."""
    conditions = []
    if selects.annex:
        conditions.append(f"annex.theme = {quoted(selects.annex)}")
    if selects.annex_code:
        conditions.append(f"annex.code = {quoted(selects.annex_code)}")
    return conditions


def listed(values: Iterable[str]) -> str:
    """Return literals with commas between them."""
    return ", ".join(map(quoted, values))


def quoted(text: str) -> str:
    """Quote a literal; the catalogue's patterns admit no quotes, and this does not rely on it."""
    return "'" + text.replace("'", "''") + "'"
