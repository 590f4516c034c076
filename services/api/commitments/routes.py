"""`/agreements/{code}/commitments`: what the parties have promised, and how far it has come."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request

from services.api.agreements.schemas import LONGEST_TITLE, AgreementCode
from services.api.commitments import queries
from services.api.commitments.schemas import Commitment, CommitmentBody, CommitmentPage
from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority_over_agreement
from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import refuse_other_code, router
from shared.db.codes import get_agreement_id
from shared.domain.errors import CommitmentInUse, InvalidCommitment, UnknownAgreement, UnknownCommitment
from shared.domain.fields import DefinedCode
from shared.facts.commitments import put_commitment

commitments = router("agreements")

_CODE = Path(alias="commitmentCode", description="The commitment's code.", examples=["safety-walks-2016"])


@commitments.get(
    "/{agreementCode}/commitments",
    response_model=CommitmentPage,
    responses=problems_of(UnknownAgreement),
    dependencies=[READ],
    summary="List an agreement's commitments",
)
async def list_commitments(
    request: Request,
    reading: Reading,
    agreement_code: AgreementCode,
    page: Paging,
    party: Annotated[
        str | None, Query(max_length=LONGEST_TITLE, description="Only what this party has promised.")
    ] = None,
) -> Answer:
    """Visa åtaganden och medborgarlöften, i kodordning. / List commitments and citizen promises, by code."""
    agreement_id = await get_agreement_id(reading, agreement_code)
    total = await queries.count(reading, agreement_id, party)
    page.check(total)
    found = await queries.entries(reading, agreement_id, party, page)
    return page_answer(request, page, total, "commitments", found)


@commitments.get(
    "/{agreementCode}/commitments/{commitmentCode}",
    response_model=Commitment,
    responses=problems_of(UnknownCommitment),
    dependencies=[READ],
    summary="Show a commitment",
)
async def show_commitment(
    request: Request, reading: Reading, agreement_code: AgreementCode, commitment_code: Annotated[str, _CODE]
) -> Answer:
    """Visa ett åtagande och hur långt arbetet har kommit. / Show a commitment and its progress."""
    entry = await queries.find(reading, agreement_code, commitment_code)
    if entry is None:
        raise UnknownCommitment
    return resource(request, f"agreements/{agreement_code}/commitments/{commitment_code}", entry)


@commitments.put(
    "/{agreementCode}/commitments/{commitmentCode}",
    response_model=Commitment,
    responses={
        201: {"model": Commitment, "description": "Created."},
        **problems_of(UnknownAgreement, InvalidCommitment, CommitmentInUse),
    },
    dependencies=[COORDINATE],
    summary="Create or replace a commitment",
)
async def replace_commitment(
    request: Request,
    connection: StructureConnection,
    definitions: Definitions,
    today: Today,
    agreement_code: AgreementCode,
    commitment_code: Annotated[DefinedCode, _CODE],
    body: CommitmentBody,
) -> Answer:
    """Skapa eller ersätt ett helt åtagande. / Create or replace a whole commitment.

    Ett åtagande tas inte bort utan återtas, med `withdrawnOn`. / A commitment is not deleted but withdrawn, by
    `withdrawnOn`.
    """
    refuse_other_code(commitment_code, body.code)
    await require_authority_over_agreement(connection, agreement_code)
    commitment = body.as_commitment(agreement_code, commitment_code)
    created = await put_commitment(connection, commitment, today, definitions.activity_types, definitions.type_owners)
    entry = await queries.find(connection, agreement_code, commitment_code) or {}
    path = f"agreements/{agreement_code}/commitments/{commitment_code}"
    return resource(request, path, entry, created=created)
