"""`/indicator-values/{indicatorValueId}/area-differences`: which areas in its area differ by more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Request

from services.api.http.auth import READ
from services.api.http.dependencies import Definitions, Reading, Today
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, slice_answer
from services.api.http.routing import router
from services.api.values.differences.reading import differences_in
from services.api.values.differences.schemas import AreaDifferencePage
from services.api.values.lookup import definition_of, key_of, value_of
from services.api.values.schemas import ValueId
from shared.db.codes import find_area_id
from shared.domain.errors import UnknownIndicatorValue
from shared.domain.wording import Language
from shared.signals.record import DIGITS, PER_CENT
from shared.signals.sentences import area_in_words
from shared.signals.signal import Verdict

if TYPE_CHECKING:
    from services.api.values.differences.reading import AreaShare, Differences
    from shared.signals.funnel import FunnelPoint

area_differences = router("indicator-values")


@area_differences.get(
    "/{indicatorValueId}/area-differences",
    response_model=AreaDifferencePage,
    dependencies=[READ],
    summary="List how the areas in a value's area differ from each other",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_area_differences(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Answer:
    """Visa vilka områden av ett slag som skiljer sig från de andra. / List which areas differ from the others.

    Andelar i värdets period i områdets skolor, stadsdelar eller kommuner jämförs, slag för slag, om minst fem har ett
    värde. Gränserna följer av hur många fall ett område har och av hur mycket områdena skiljer sig annars
    (trattdiagram, Spiegelhalter 2005). Det är ingen rangordning. Dolda värden är okända här. Antal jämförs inte: det är
    inte känt hur många invånare en stadsdel har. Listan är tom för den som inte får se hela området. /
    Shares in the value's period of the schools, districts or municipalities in its area are compared, where at least
    five of a kind have a value. Limits follow from how many cases an area has, and from how areas differ anyway (funnel
    plot, Spiegelhalter 2005). There is no ranking. Hidden values are unknown here. Counts are not compared: how many
    inhabitants a district has is not known. The list is empty for who may not see the whole area.
    """
    key = key_of(value_id)
    definition = definition_of(definitions, key)
    await value_of(request, key)
    area_id = await find_area_id(reading, key.area)
    if area_id is None:
        raise UnknownIndicatorValue
    found = await differences_in(reading, definition, (key.indicator, key.slice), area_id, key.period, today)
    entries = [_entry(of, one, point) for of in found for one, point in of]
    return slice_answer(request, page, "areaDifferences", entries)


def _entry(of: Differences, area: AreaShare, point: FunnelPoint) -> dict[str, Any]:
    cases = area.numerator, area.denominator
    names = {Language.SV: area.name.sv, Language.EN: area.name.en}
    differs = point.verdict is not Verdict.NONE
    said = {one.value: area_in_words(name, *cases, point, one) for one, name in names.items()} if differs else None
    return {
        "areaCode": area.code,
        "areaName": area.name.model_dump(),
        "areaKind": of.kind,
        "numerator": area.numerator,
        "denominator": area.denominator,
        "value": _in_percent(point.value),
        "lowerLimit": _in_percent(point.lower),
        "upperLimit": _in_percent(point.upper),
        "verdict": point.verdict.value,
        "common": _in_percent(of.funnel.common),
        "areas": len(of.areas),
        "text": said,
    }


def _in_percent(share: float) -> float:
    return float(f"{PER_CENT * share:.{DIGITS}g}")
