"""What an address of the agreement's pages chooses: an area, a year and a language, so that it can be passed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request

from services.api.http.dependencies import Reading, Today
from services.api.pages.agreement.areas import ReadableArea, first_area, readable_areas
from services.api.pages.rendering import visit_of
from services.api.pages.routing import person_of
from shared.domain.errors import UnknownArea
from shared.domain.wording import Language
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

if TYPE_CHECKING:
    from collections.abc import Sequence

AREA, YEAR, LANGUAGE = "omrade", "ar", "sprak"
OVERVIEW = "/overenskommelsen"


@dataclass(frozen=True, slots=True)
class YearChoice:
    """What is chosen; None as the year is the latest that has values, and as the area that there is none to choose.

    `spoken` is the language that the address names, if it names one.
    """

    areas: Sequence[ReadableArea]
    area: ReadableArea | None
    year: int | None
    spoken: Language | None

    def at(self, year: int) -> YearChoice:
        """Return the same of a certain year."""
        return replace(self, year=year)

    def of_area(self, code: str) -> YearChoice:
        """Return the same of another area, by its code.

        Raises:
            UnknownArea: the person cannot choose it.
        """
        area = next((one for one in self.areas if one.code == code), None)
        if area is None:
            raise UnknownArea
        return replace(self, area=area)

    def address(self, path: str = "", area: str = "", **further: object) -> str:
        """Return the address of a page of the agreement with the same choice, or of another area's.

        `further` is what it asks for besides.
        """
        code = area or (self.area.code if self.area else "")
        chosen = {AREA: code, YEAR: self.year, LANGUAGE: self.spoken} | further
        query = urlencode({name: value for name, value in chosen.items() if value})
        return f"{OVERVIEW}{path}?{query}" if query else f"{OVERVIEW}{path}"


async def chosen(request: Request, reading: Reading, today: Today) -> YearChoice:
    """Return what an address chooses; from then on the visit is in the language that it names.

    Raises:
        UnknownArea: it names an area that there is not, or not for this person.
    """
    asked = request.query_params
    spoken = next((one for one in Language if one.value == asked.get(LANGUAGE)), None)
    if spoken is not None:
        request.state.visit = replace(visit_of(request), language=spoken)
    areas = await readable_areas(reading, person_of(request), today, visit_of(request).language)
    choice = YearChoice(areas, first_area(areas), _year(asked.get(YEAR, "")), spoken)
    return choice.of_area(asked[AREA]) if asked.get(AREA) else choice


def _year(written: str) -> int | None:
    """Return a year of the calendar; what is none chooses none."""
    is_year = written.isascii() and written.isdigit() and len(written) == len("2016")
    return int(written) if is_year and CALENDAR_FIRST.year <= int(written) <= CALENDAR_LAST.year else None


Chosen = Annotated[YearChoice, Depends(chosen, scope="function")]
