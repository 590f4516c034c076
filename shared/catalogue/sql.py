"""The pieces of SQL that the kinds of figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.catalogue.indicator import IndicatorDefinition


def conditions_on_activity(definition: IndicatorDefinition) -> list[str]:
    """Return what an activity `a` must be for the figure to be about it at all."""
    conditions = [f"a.activity_type IN ({listed(definition.activity_types)})"]
    for name, values in definition.selects.attributes.items():
        conditions.append(f"a.attributes ->> {quoted(name)} IN ({listed(values)})")
    if definition.selects.annex:
        conditions.append(
            f"""(a.agreement_id, a.annex_number) IN (
                    SELECT annex.agreement_id, annex.number FROM annex
                    WHERE annex.theme = {quoted(definition.selects.annex)})"""
        )
    return conditions


def listed(values: Iterable[str]) -> str:
    """Return literals with commas between them."""
    return ", ".join(map(quoted, values))


def quoted(text: str) -> str:
    """Quote a literal; the catalogue's patterns admit no quotes, and this does not rely on it."""
    return "'" + text.replace("'", "''") + "'"
