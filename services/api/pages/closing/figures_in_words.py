"""What a figure of a closed period says, as it was frozen or would be now, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.annex_tables.wording import without_value
from shared.domain.wording import value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.wording import Language


def figure_in_words(figure: Mapping[str, Any] | None, definition: IndicatorDefinition, language: Language) -> str:
    """Return the value of a figure as `shared.closing` reads it, or the word in its place; None is no figure."""
    if figure is None or figure["value"] is None:
        return without_value(figure["status"] if figure else "missing", language)
    return value_text(Decimal(str(figure["value"])), figure["unit"] or definition.unit, language)
