"""The page of an indicator, as it is asked for, and as it comes back with what is wrong in a comment."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Response

from services.api.pages.agreement.annexes import annexes_with, may_comment
from services.api.pages.agreement.differences import share_in_words, year_differences
from services.api.pages.agreement.indicator import values_of_areas
from services.api.pages.breaks.content import breaks_in
from services.api.pages.rendering import page
from shared.annex_tables.rows import signs_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.agreement.view import View

# An indicator and a slice, as ids of values begin: trainings~all.
Series = Annotated[str, Path(max_length=200)]


async def show_indicator_page(
    view: View,
    series: str,
    filled: Mapping[str, str] | None = None,
    faults: Sequence[tuple[str, str]] = (),
) -> Response:
    """Answer with the page of an indicator; with what was filled in to comment on it, and what is wrong with that.

    Raises:
        UnknownIndicator: there is none in the area's year.
    """
    indicator = await view.indicator(series)
    row, content = indicator.row, view.content
    annexes = annexes_with(content, row.indicator)
    # Beside the area those above it, and of an area above one's own.
    areas = [
        content.area,
        *(one for one in view.choice.areas if one.area_id != content.area.area_id and not one.is_own),
    ]
    comments = dict.fromkeys(one for annex in annexes for one in annex.comments if one.indicator == row.indicator)
    of_areas = await values_of_areas(view.connection, indicator.chart, row, areas, content)
    breaks = await breaks_in(view.connection, view.definitions, row.indicator, content.area.area_id, view.language)
    differences = await year_differences(view, series)
    cells = [*(one.cell for one in indicator.values), *(one.cell for one in of_areas)]
    return page(
        view.request,
        "agreement_indicator.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        content=content,
        choice=view.choice,
        indicator=indicator,
        row=row,
        series=series,
        annexes=annexes,
        compared=of_areas,
        differences=differences,
        share=partial(share_in_words, language=view.language),
        legend=signs_in_words(cells, view.language),
        breaks=breaks,
        comments=[*comments],
        may_comment=may_comment(view.visitor, content, row.indicator),
        filled=filled or {},
        faults=faults,
    )
