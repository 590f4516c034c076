"""What a page of the agreement is about: who looks, what is chosen, and its content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.dependencies import Definitions, Reading, Resources, Today, resources_of
from services.api.pages.agreement.annexes import row_of
from services.api.pages.agreement.choice import Chosen, YearChoice
from services.api.pages.agreement.content import AgreementContent, YearRequest, content_of
from services.api.pages.agreement.indicator import IndicatorContent, indicator_content
from services.api.pages.rendering import visit_of
from services.api.pages.routing import person_of
from shared.catalogue.loader import Catalogue
from shared.domain.errors import UnknownArea

if TYPE_CHECKING:
    from services.api.http.sessions import Visitor
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class View:
    """A request for a page of the agreement, with the content that it chooses."""

    request: Request
    connection: AsyncConnection
    definitions: Catalogue
    today: date
    choice: YearChoice
    content: AgreementContent

    @property
    def resources(self) -> Resources:
        """The resources of the app."""
        return resources_of(self.request)

    @property
    def language(self) -> Language:
        """The language of the page."""
        return visit_of(self.request).language

    @property
    def visitor(self) -> Visitor | None:
        """Who is signed in."""
        return visit_of(self.request).visitor

    async def indicator(self, series: str) -> IndicatorContent:
        """Return what the page and the chart of an indicator show.

        Raises:
            UnknownIndicator: there is none in the area's year.
        """
        row = row_of(self.content, series)
        return await indicator_content(self.connection, self.definitions, self.content, row, self.today)


async def view_of(
    request: Request,
    connection: AsyncConnection,
    definitions: Catalogue,
    today: date,
    choice: YearChoice,
    *,
    values_alone: bool = True,
) -> View:
    """Return the view of what is chosen; with `values_alone`, without all that is not about them.

    Raises:
        UnknownArea: the visitor has no area to choose.
    """
    if choice.area is None:
        raise UnknownArea
    person, language = person_of(request), visit_of(request).language
    asked = YearRequest(choice.area, choice.year, language, person, today, values_alone=values_alone)
    content = await content_of(connection, definitions, asked)
    return View(request, connection, definitions, today, choice.at(content.year), content)


async def viewed(request: Request, reading: Reading, definitions: Definitions, today: Today, choice: Chosen) -> View:
    """Return the view of what an address chooses."""
    return await view_of(request, reading, definitions, today, choice)


async def viewed_whole(
    request: Request, reading: Reading, definitions: Definitions, today: Today, choice: Chosen
) -> View:
    """Return the view of what an address chooses, with commitments, and what is expected, missing or late."""
    return await view_of(request, reading, definitions, today, choice, values_alone=False)


Viewed = Annotated[View, Depends(viewed, scope="function")]
ViewedWhole = Annotated[View, Depends(viewed_whole, scope="function")]
