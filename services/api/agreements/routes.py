"""`/agreements`: the documents, and their annexes and targets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.api.agreements import archive, queries
from services.api.agreements.document import (
    AgreementDocument,
    UncheckedDocument,
    faults_of,
    personal_data_in,
    put_document,
)
from services.api.agreements.schemas import Agreement, AgreementCode, AgreementPage, Annex, AnnexPage, TargetPage
from services.api.http.auth import ADMINISTER, COORDINATE, READ
from services.api.http.authority import require_authority_over_agreement
from services.api.http.dependencies import Reading, StructureConnection, Today, resources_of
from services.api.http.files import FileInPieces
from services.api.http.problems import NotReady, OutsideAreas, UnknownPath, problems_of
from services.api.http.reads import record_read
from services.api.http.responses import Answer, Paging, page_answer, resource, slice_answer
from services.api.http.routing import read_body, refuse_other_code, router
from services.api.http.threads import JSON_THREAD
from shared.db.codes import find_agreement_id, get_agreement_id
from shared.domain.agreement import AgreementInUse
from shared.domain.errors import InvalidAgreement, UnknownAgreement
from shared.domain.fields import DefinedCode

agreements = router("agreements")


@agreements.get("", response_model=AgreementPage, dependencies=[READ], summary="List agreements")
async def list_agreements(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa överenskommelser, i kodordning. / List agreements, by code."""
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "agreements", await queries.entries(reading, page))


@agreements.get(
    "/{agreementCode}",
    response_model=Agreement,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="Show an agreement",
)
async def show_agreement(request: Request, reading: Reading, agreement_code: AgreementCode) -> Answer:
    """Visa en överenskommelse med bilagor och mål. / Show an agreement with its annexes and targets."""
    entry = await queries.find(reading, agreement_code)
    if entry is None:
        raise UnknownAgreement
    return resource(request, f"agreements/{agreement_code}", entry)


@agreements.put(
    "/{agreementCode}",
    response_model=Agreement,
    responses={
        201: {"model": Agreement, "description": "Created."},
        **problems_of(InvalidAgreement, AgreementInUse),
    },
    dependencies=[COORDINATE],
    summary="Create or replace an agreement",
)
async def replace_agreement(
    request: Request,
    connection: StructureConnection,
    today: Today,
    agreement_code: Annotated[DefinedCode, Path(alias="agreementCode", description="The agreement's code.")],
    sent: UncheckedDocument,
    dry_run: Annotated[bool, Query(alias="dryRun", description="List every fault at once, store nothing.")] = False,  # noqa: FBT002  a query parameter
) -> Answer:
    """Skapa eller ersätt en hel överenskommelse. / Create or replace a whole agreement.

    Åtaganden i dokumentet sparas med det, de andra blir kvar som de är. / Commitments in the document are stored with
    it, and the others stay as they are.
    """
    faults = await JSON_THREAD.run(personal_data_in, sent)
    await require_authority_over_agreement(connection, agreement_code)
    if dry_run:
        faults = await faults_of(connection, resources_of(request).catalogue, agreement_code, sent, today)
    if faults:
        raise InvalidAgreement("The document has faults.", faults)
    document = read_body(sent, AgreementDocument)
    refuse_other_code(agreement_code, document.code)
    await require_authority_over_agreement(connection, agreement_code, document.areas)
    is_new = not dry_run and await find_agreement_id(connection, agreement_code) is None
    trial = await connection.begin_nested()
    await put_document(connection, resources_of(request).catalogue, agreement_code, document, today)
    entry = await queries.find(connection, agreement_code) or {}
    await (trial.rollback() if dry_run else trial.commit())
    return resource(request, f"agreements/{agreement_code}", entry, created=is_new)


@agreements.get(
    "/{agreementCode}/archives",
    dependencies=[ADMINISTER],
    response_class=Response,
    summary="Get all that is stored about an agreement",
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}, "example": "PK…"}}},
        **problems_of(UnknownAgreement, OutsideAreas, NotReady),
    },
)
async def get_agreement_archive(request: Request, today: Today, agreement_code: AgreementCode) -> Response:
    """Hämta allt som är lagrat om en överenskommelse, att lämna ut. / Get all that is stored, to hand it out.

    En ZIP-fil med NDJSON, där README.md säger vad varje fil är: överenskommelsen med bilagor, mål och åtaganden,
    områden, aktiviteter, observationer, kommentarer, startpunkter, rapporter om inlästa filer, värden, revisioner av
    stängda perioder och loggen. För den som administrerar alla dess områden; det den inte får se är inte med. Pröva
    sekretess innan något lämnas ut: värden som är dolda på andra håll kan räknas fram. Filen skickas medan den läses,
    från ett och samma ögonblick: en fil som inte togs emot till slutet är inte hel. /
    A ZIP file of NDJSON, where README.md says what each file is: the agreement with annexes, targets and commitments,
    areas, activities, observations, notes, breaks, reports of imports, figures, revisions of closed periods and the
    audit trail. For whoever administers all of its areas; what they may not see is not in it. Examine it before you
    hand anything out: figures that are suppressed elsewhere can be reckoned from it. It is sent while it is read, as of
    one moment: a file that was not received to its end is not whole.
    """
    pieces = archive.pieces_of(resources_of(request), agreement_code, request.state.caller.key_id)
    await anext(pieces)
    await record_read(request, f"agreements/{agreement_code}/archives", request.query_params.multi_items())
    return FileInPieces(pieces, "application/zip", f"{agreement_code}-{today}.zip")


@agreements.get(
    "/{agreementCode}/annexes",
    response_model=AnnexPage,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="List an agreement's annexes",
)
async def list_annexes(request: Request, reading: Reading, agreement_code: AgreementCode, page: Paging) -> Answer:
    """Visa bilagorna, i nummerordning. / List the annexes, by number."""
    agreement_id = await get_agreement_id(reading, agreement_code)
    return slice_answer(request, page, "annexes", await queries.annexes(reading, agreement_id))


@agreements.get(
    "/{agreementCode}/annexes/{number}",
    response_model=Annex,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="Show an annex",
)
async def show_annex(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    number: Annotated[int, Path(description="The annex's number.", examples=[4])],
) -> Answer:
    """Visa en bilaga. / Show an annex."""
    agreement_id = await get_agreement_id(reading, agreement_code)
    for annex in await queries.annexes(reading, agreement_id):
        if annex["number"] == number:
            return resource(request, f"agreements/{agreement_code}/annexes/{number}", annex)
    raise UnknownPath("The agreement has no annex of this number.")


@agreements.get(
    "/{agreementCode}/targets",
    response_model=TargetPage,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="List an agreement's targets",
)
async def list_targets(request: Request, reading: Reading, agreement_code: AgreementCode, page: Paging) -> Answer:
    """Visa målen, per bilaga. / List the targets, by annex."""
    agreement_id = await get_agreement_id(reading, agreement_code)
    return slice_answer(request, page, "targets", await queries.targets(reading, agreement_id))
