"""What a commitment that falls due is, as a part of statements and as an expectation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.domain.activity_type import Wording
from shared.expectations.annexes import PARTIES_OF_COMMITMENT
from shared.expectations.expectation import AnnexKey, Expectation, ExpectationKind
from shared.expectations.places import PLACE, place_of

if TYPE_CHECKING:
    from sqlalchemy import Row

_DUE_COMMITMENT = f"""commitment.code, wording, coalesce(wording_en, wording) AS wording_en, annex_number,
               {PARTIES_OF_COMMITMENT} AS parties,
               agreement.agreement_id, agreement.code AS agreement, progress.due_on,
               selection -> 'activityTypes' ->> 0 AS activity_type"""
DUE_COMMITMENTS = """commitment_progress AS progress JOIN commitment USING (commitment_id)
        JOIN agreement USING (agreement_id) JOIN area USING (area_id)"""


def due_commitment(place: str = PLACE) -> str:
    """Return the columns of a commitment that falls due, with those of its place."""
    return f"{_DUE_COMMITMENT}, {place}"


def commitment_of(row: Row[Any]) -> Expectation:
    """Return a row of a commitment that falls due as it is expected."""
    return Expectation(
        ExpectationKind.COMMITMENT,
        f"{row.agreement}/{row.code}/{row.area_code}/{row.due_on}",
        Wording(sv=row.wording, en=row.wording_en),
        place_of(row),
        AnnexKey(row.agreement_id, row.agreement, row.annex_number),
        row.due_on,
        row.due_on,
        parties=tuple(row.parties),
        activity_type=row.activity_type,
        commitment=None if row.activity_type else row.code,
    )
