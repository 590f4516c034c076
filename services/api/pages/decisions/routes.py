"""`/overenskommelsen/ataganden/…`: a commitment that a decision fulfils is marked as done, and that is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today
from services.api.pages.agreement.choice import OVERVIEW, Chosen, YearChoice
from services.api.pages.decisions.content import MARK, TAKE_BACK, DecidedCommitment, commitment_for, part_key, places_of
from services.api.pages.faults import FieldFault, refusal_text
from services.api.pages.forms import day_or_none
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import COORDINATOR, page_router, sent_form, visitor_of
from services.api.pages.texts import translator
from shared.db.locks import change_area_hierarchy
from shared.domain.errors import InvalidCommitment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.api.pages.forms import Form
    from shared.catalogue.loader import Catalogue
    from shared.domain.commitment import Decision

decision_pages = page_router()

AgreementCode = Annotated[str, Path(alias="agreement", max_length=100)]
CommitmentCode = Annotated[str, Path(alias="commitment", max_length=100)]
AtPlace = Annotated[str, Query(alias="plats", max_length=100)]
DueOn = Annotated[str, Query(alias="senast", max_length=10)]


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """A request about the decisions on a commitment; `codes` are those of its agreement and its own."""

    request: Request
    today: date
    choice: YearChoice
    codes: tuple[str, str]

    async def read(self, connection: AsyncConnection) -> DecidedCommitment:
        """Return the commitment.

        Raises:
            UnknownCommitment: there is none that the visitor may mark as done.
        """
        language = visit_of(self.request).language
        return await commitment_for(connection, visitor_of(self.request), *self.codes, language)

    async def lock(self, connection: AsyncConnection) -> tuple[DecidedCommitment, bool]:
        """Return the commitment, that nobody else changes meanwhile, and whether it is the one that was sent from."""
        # Who may not is refused before anybody waits.
        await self.read(connection)
        await change_area_hierarchy(connection)
        found = await self.read(connection)
        return found, found.revision == sent_form(self.request)["revision"]

    def address(self, path: str) -> str:
        """Return the address of one of the pages."""
        agreement, commitment = self.codes
        return self.choice.address(path.format(agreement=agreement, commitment=commitment))

    def show(self, template: str, status: HTTPStatus, found: DecidedCommitment, **values: object) -> Response:
        """Answer with a page."""
        left = found.left(self.today)
        return page(
            self.request,
            template,
            status,
            found=found,
            choice=self.choice,
            left=left,
            places=places_of(left),
            addresses={"mark": self.address(MARK), "takeBack": self.address(TAKE_BACK)},
            **values,
        )


async def decision_request(
    request: Request, today: Today, choice: Chosen, agreement: AgreementCode, commitment: CommitmentCode
) -> DecisionRequest:
    """Return what a request is about."""
    return DecisionRequest(request, today, choice, (agreement, commitment))


Asked = Annotated[DecisionRequest, Depends(decision_request)]


@decision_pages.get(f"{OVERVIEW}{MARK}", dependencies=[COORDINATOR])
async def show_marking(asked: Asked, reading: Reading, place: AtPlace = "", due_on: DueOn = "") -> Response:
    """Ask since when a commitment is fulfilled, and where."""
    found = await asked.read(reading)
    left = found.left(asked.today)
    due = day_or_none(due_on)
    due = due if due in left else max(left, default=None)
    places = [*left[due]] if due else []
    # One for each area is marked area by area; else it is fulfilled when it is in all.
    areas = [place] if place in places else [] if found.entry["eachArea"] and len(places) > 1 else places
    return _marking(asked, found, {"due": str(due), "areas": areas, "day": str(asked.today)})


@decision_pages.post(f"{OVERVIEW}{MARK}", dependencies=[COORDINATOR])
async def mark(connection: StructureConnection, asked: Asked, definitions: Definitions) -> Response:
    """Mark a commitment as done, unless somebody else has changed it meanwhile."""
    found, is_current = await asked.lock(connection)
    form, left = sent_form(asked.request), found.left(asked.today)
    if _is_sent_again(found, form):
        return redirect(asked.address(MARK))
    known = places_of(left)
    areas = [code for code in form.every("areas") if code in known]
    filled = {"due": form["due"], "areas": areas, "day": form["day"]}
    if not is_current:
        return _marking(asked, found, filled, is_changed=True)
    t = translator(visit_of(asked.request).language)
    due, day = day_or_none(form["due"]), day_or_none(form["day"])
    parts = left.get(due, {}) if due else {}
    faults: list[FieldFault] = [] if parts else [("due", t("decision.noTime"))]
    if not areas:
        faults.append(("areas", t("decision.noPlace")))
    elif parts and not parts.keys() >= {*areas}:
        faults.append(("areas", t("decision.notThere")))
    if day is None:
        faults.append(("day", t("decision.noDay")))
    if day is not None and not faults:
        wanted = found.with_decisions([parts[code] for code in areas], day)
        faults = await _faults_in_storing(asked, connection, found, wanted, definitions)
    return _marking(asked, found, filled, faults) if faults else redirect(asked.address(MARK))


@decision_pages.get(f"{OVERVIEW}{TAKE_BACK}", dependencies=[COORDINATOR])
async def show_taking_back(asked: Asked, reading: Reading) -> Response:
    """Ask which decisions on a commitment are to be taken back."""
    found = await asked.read(reading)
    return _taking_back(asked, found, [part.key for part in found.decided] if len(found.decided) == 1 else [])


@decision_pages.post(f"{OVERVIEW}{TAKE_BACK}", dependencies=[COORDINATOR])
async def take_back(connection: StructureConnection, asked: Asked, definitions: Definitions) -> Response:
    """Take decisions on a commitment back, unless somebody else has changed it meanwhile."""
    found, is_current = await asked.lock(connection)
    chosen = sent_form(asked.request).every("parts")
    if chosen and {part.key for part in found.decided}.isdisjoint(chosen):
        return redirect(asked.address(MARK))
    if not is_current:
        return _taking_back(asked, found, chosen, is_changed=True)
    others = found.without(chosen)
    if len(others) == len(found.decided):
        t = translator(visit_of(asked.request).language)
        return _taking_back(asked, found, chosen, [("parts", t("decision.noneChosen"))])
    faults = await _faults_in_storing(asked, connection, found, others, definitions)
    said = [("parts", text) for _, text in faults]
    return _taking_back(asked, found, chosen, said) if faults else redirect(asked.address(MARK))


def _is_sent_again(found: DecidedCommitment, form: Form) -> bool:
    """Tell whether all that a form says is stored already, as after a second tap."""
    decided = {(part.key, str(part.decided_on)) for part in found.decided}
    wanted = {(part_key(area, form["due"]), form["day"]) for area in form.every("areas")}
    return bool(wanted) and wanted <= decided


async def _faults_in_storing(
    asked: DecisionRequest,
    connection: AsyncConnection,
    found: DecidedCommitment,
    decisions: Iterable[Decision],
    catalogue: Catalogue,
) -> list[FieldFault]:
    """Store a commitment with other decisions; return what is wrong with them, where it cannot be."""
    try:
        await found.store(connection, decisions, catalogue, asked.today)
    except InvalidCommitment as error:
        language = visit_of(asked.request).language
        # The same is at fault in each of the areas.
        return [*{("day", refusal_text(one, language)): None for one in error.violations}]
    return []


def _marking(
    asked: DecisionRequest,
    found: DecidedCommitment,
    filled: Mapping[str, object],
    faults: Sequence[FieldFault] = (),
    *,
    is_changed: bool = False,
) -> Response:
    return asked.show(
        "commitment_done.html", _status(faults, is_changed), found, filled=filled, faults=faults, is_changed=is_changed
    )


def _taking_back(
    asked: DecisionRequest,
    found: DecidedCommitment,
    chosen: Sequence[str],
    faults: Sequence[FieldFault] = (),
    *,
    is_changed: bool = False,
) -> Response:
    return asked.show(
        "commitment_not_done.html",
        _status(faults, is_changed),
        found,
        chosen=chosen,
        faults=faults,
        is_changed=is_changed,
    )


def _status(faults: Sequence[FieldFault], is_changed: bool) -> HTTPStatus:  # noqa: FBT001  as the pages say it
    if is_changed:
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
