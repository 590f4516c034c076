"""The areas inside the chosen one beside each other, of an indicator's year."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from services.api.pages.agreement.annexes import row_of
from services.api.values.differences.reading import differences_in
from shared.domain.errors import UnknownIndicator
from shared.domain.period import Period, PeriodType
from shared.signals.sentences import SHARES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.pages.agreement.view import View
    from services.api.values.differences.reading import Differences
    from shared.domain.wording import Language


async def year_differences(view: View, series: str) -> Sequence[Differences]:
    """Return how the areas inside the chosen one differ, for each kind of which there are enough.

    Raises:
        UnknownIndicator: there is none in the area's year.
    """
    row = row_of(view.content, series)
    key = (row.indicator, row.slice)
    year = Period(PeriodType.YEAR, date(view.content.year, 1, 1))
    definition = view.definitions.series[key]
    return await differences_in(view.connection, definition, key, view.content.area.area_id, year, view.today)


async def differences_of_kind(view: View, series: str, kind: str) -> Differences:
    """Return how the areas of one kind differ.

    Raises:
        UnknownIndicator: there is none in the area's year, or there are too few such areas.
    """
    found = next((one for one in await year_differences(view, series) if one.kind == kind), None)
    if found is None:
        raise UnknownIndicator("Of this kind there are too few areas with a share to compare.")
    return found


def share_in_words(share: float, language: Language) -> str:
    """Return a share in percent."""
    return SHARES.written(share, language, SHARES.decimals)
