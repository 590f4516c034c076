"""`/overenskommelsen/stangning`: the closing of an agreement's periods, each step a form for whom it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.authority import has_scope_over_agreement
from services.api.http.dependencies import (
    Definitions,
    LockedStructureDefinitions,
    Reading,
    StructureConnection,
    Today,
)
from services.api.http.problems import status_of
from services.api.pages.agreement.choice import Chosen
from services.api.pages.closing.comments import comments_of_revision
from services.api.pages.closing.content import ClosingVisit, content_of
from services.api.pages.closing.periods import (
    CLOSING,
    OF_PERIOD,
    AgreementCode,
    Looked,
    PeriodCode,
    address_of,
    looked_at,
    periods_of_area,
)
from services.api.pages.faults import FieldFault, refusal_text
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import (
    COORDINATOR,
    READER,
    REPORTER,
    PageNumber,
    missing_role,
    page_router,
    person_of,
    sent_form,
    visitor_of,
)
from services.api.pages.texts import translator
from shared.catalogue.loader import Catalogue
from shared.closing.reading import revision_of
from shared.closing.steps import LONGEST_REASON, Step, Taker, WantedStep, mark_ready, take_step, unmark_ready
from shared.db.access import NO_ACCESS
from shared.db.actor import Actor
from shared.db.keys import KeyScope
from shared.domain.errors import FiguresNotSettled, InvalidStep, StepNotPossible
from shared.domain.wording import Language, capitalized
from shared.wording.dates import period_in_words
from shared.wording.refusals import in_swedish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.http.sessions import Visitor
    from shared.domain.errors import DomainError

closing = page_router()

_FIELD_OF_ANNEX = re.compile(r"annexes\[(\d+)\]")
AnnexNumber = Annotated[int, Path(alias="annex", ge=1, le=999)]
RevisionNumber = Annotated[int, Path(alias="revision", ge=1, le=10**6)]


@dataclass(frozen=True, slots=True)
class Look:
    """A request for the page of a period: what it needs to be shown."""

    request: Request
    connection: AsyncConnection
    definitions: Catalogue
    today: date
    looked: Looked

    @property
    def language(self) -> Language:
        """The language of the page."""
        return visit_of(self.request).language

    @property
    def visitor(self) -> Visitor:
        """Who is signed in."""
        return visitor_of(self.request)


async def look(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    choice: Chosen,
    agreement: AgreementCode,
    period: PeriodCode,
) -> Look:
    """Return the look at the period that an address names.

    Raises:
        UnknownAgreement: there is no such agreement in areas that the visitor can choose.
        UnknownAgreementPeriod: the agreement has no such period.
    """
    looked = await looked_at(reading, visitor_of(request), choice, agreement, period)
    return Look(request, reading, definitions, today, looked)


Looking = Annotated[Look, Depends(look, scope="function")]


@closing.get(CLOSING, dependencies=[READER])
async def list_periods(request: Request, reading: Reading, today: Today, choice: Chosen) -> Response:
    """Show how far each period of the agreements of an area has come."""
    language = visit_of(request).language
    agreements = await periods_of_area(reading, choice.area.area_id, today) if choice.area else []
    return page(
        request,
        "closing.html",
        choice=choice,
        agreements=agreements,
        today=today,
        address_of=address_of,
        named=lambda period: capitalized(period_in_words(period, language)),
    )


@closing.get(OF_PERIOD, dependencies=[READER])
async def show_period(looking: Looking, number: PageNumber = 1) -> Response:
    """Show how far the closing of a period has come, what is missing, and what has come since."""
    return await _page(looking, number=number)


@closing.get(f"{OF_PERIOD}/kommentarer/{{revision}}", dependencies=[READER])
async def show_comments(looking: Looking, revision: RevisionNumber, number: PageNumber = 1) -> Response:
    """Show the comments of a revision as they were when the period was closed, and those that came after that."""
    looked = looking.looked
    asked = await asked_of(looking, number)
    return page(
        looking.request,
        "closing_comments.html",
        looked=looked,
        content=await comments_of_revision(
            looking.connection, looking.definitions, looked, asked, revision_of(looked.found, revision)
        ),
    )


@closing.post(OF_PERIOD, dependencies=[COORDINATOR])
async def take_next_step(
    connection: StructureConnection, looking: Looking, definitions: LockedStructureDefinitions
) -> Response:
    """Take a step of a period; what stands in its way is said at its field."""
    if not looking.looked.may_step:
        raise missing_role()
    found, form = looking.looked.found, sent_form(looking.request)
    step = next((one for one in Step if one.value == form["step"]), None)
    t, reason = translator(looking.language), form["reason"]
    if step is None:
        return await _page(looking, [("step", t("closing.chooseStep"))], HTTPStatus.UNPROCESSABLE_ENTITY)
    if len(reason) > LONGEST_REASON:
        faults = [("reason", t("form.tooLong", most=LONGEST_REASON))]
        return await _page(looking, faults, HTTPStatus.UNPROCESSABLE_ENTITY)
    wanted = WantedStep(found.agreement, found.period, step, reason or None)
    try:
        # What is refused leaves nothing of it.
        async with connection.begin_nested():
            await take_step(connection, definitions, wanted, await _taker(looking), looking.today)
    except (InvalidStep, StepNotPossible, FiguresNotSettled) as error:
        return await _refused(looking, error, "reason" if step is Step.REOPEN else "step")
    return redirect(looking.looked.address)


@closing.post(f"{OF_PERIOD}/bilagor/{{annex}}", dependencies=[REPORTER])
async def mark_annex(connection: StructureConnection, looking: Looking, number: AnnexNumber) -> Response:
    """Mark an annex ready, or take that back."""
    if not looking.looked.visitor_may_mark(number):
        raise missing_role()
    found, actor = looking.looked.found, _actor(looking.visitor)
    try:
        async with connection.begin_nested():
            if sent_form(looking.request)["ready"] == "no":
                await unmark_ready(connection, found.agreement, found.period, number)
            else:
                await mark_ready(connection, found.agreement, found.period, number, actor)
    except StepNotPossible as error:
        return await _refused(looking, error, "annexes")
    return redirect(f"{looking.looked.address}#annexes")


async def _refused(looking: Look, error: DomainError, field: str) -> Response:
    """Show the page with what stands in the way: at the field that it is about, else at the form that was sent."""
    language = looking.language
    faults = [(_FIELD_OF_ANNEX.sub(r"annex-\1", one.field), refusal_text(one, language)) for one in error.violations]
    detail = in_swedish(error.detail) if language is Language.SV else error.detail
    return await _page(looking, faults or [(field, detail)], HTTPStatus(status_of(type(error))))


async def _page(
    looking: Look, faults: Sequence[FieldFault] = (), status: HTTPStatus = HTTPStatus.OK, *, number: int = 1
) -> Response:
    """Show the page as things are now: where somebody else was faster, it says what has become of the period."""
    request, looked = looking.request, looking.looked
    asked = await asked_of(looking, number)
    content = await content_of(looking.connection, looking.definitions, looked, asked)
    return page(
        request,
        "closing_period.html",
        status,
        looked=looked,
        found=looked.found,
        content=content,
        faults=faults,
        reason=sent_form(request)["reason"],
        longest_reason=LONGEST_REASON,
    )


async def asked_of(looking: Look, number: int) -> ClosingVisit:
    """Return who looks, and at which page."""
    administers = looking.visitor.accesses.get(KeyScope.ADMINISTER, NO_ACCESS)
    person, taker = person_of(looking.request), await _taker(looking)
    return ClosingVisit(person, looking.language, looking.today, number, taker, administers)


async def _taker(looking: Look) -> Taker:
    visitor, agreement = looking.visitor, looking.looked.found.agreement
    administers = await has_scope_over_agreement(looking.connection, agreement, visitor.accesses, KeyScope.ADMINISTER)
    return Taker(_actor(visitor), administers)


def _actor(visitor: Visitor) -> Actor:
    return Actor(visitor.person.actor_id, visitor.person.actor_id)
