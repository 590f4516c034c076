"""A commitment with its decisions, as the pages about these show it, and which of its parts one can still be taken on.

A part is the commitment in one of its areas by one of its due dates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from services.api.commitments import queries
from services.api.commitments.schemas import CommitmentBody
from services.api.http.authority import has_scope_over_agreement
from services.api.pages.agreement.choice import OVERVIEW
from services.api.pages.area_names import area_names
from shared.db.keys import KeyScope
from shared.domain.commitment import Decision
from shared.domain.errors import UnknownCommitment
from shared.domain.wording import Language
from shared.facts.commitments import put_commitment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.sessions import Visitor
    from shared.catalogue.loader import Catalogue

OF_COMMITMENT = "/ataganden/{agreement}/{commitment}"
"""Where a commitment's decisions are, within the agreement's pages."""
MARK, TAKE_BACK = f"{OF_COMMITMENT}/klart", f"{OF_COMMITMENT}/ta-tillbaka"
# What is answered of a commitment and not sent.
_ANSWERED_ALONE = frozenset({"agreement", "progress"})
_IN_CLOSED_MONTH = text(
    """SELECT (SELECT EXISTS (SELECT FROM closed_area_period)) AND EXISTS (
           SELECT FROM unnest(CAST(:areas AS text[]), CAST(:months AS date[])) AS due (code, month)
           JOIN area USING (code)
           WHERE is_frozen(area_id, 'month', month))"""
)


@dataclass(frozen=True, slots=True)
class CommitmentPart:
    """A commitment in an area by a due date: since when it is decided to be fulfilled, and how often it was done."""

    area: str
    name: str
    due_on: date
    decided_on: date | None
    done: int
    is_fulfilled: bool

    @property
    def key(self) -> str:
        """What tells it from the other parts, in a form."""
        return part_key(self.area, str(self.due_on))


@dataclass(frozen=True, slots=True)
class DecidedCommitment:
    """A commitment as the API answers it, with its parts: by area, and in each by due date."""

    entry: Mapping[str, Any]
    wording: str
    parties: str
    parts: Sequence[CommitmentPart]
    # Whether one of its due dates is in a month that is closed.
    is_in_closed_period: bool

    @property
    def recurs(self) -> bool:
        """Whether it falls due again and again."""
        return self.entry["recurrence"] is not None

    @property
    def decided(self) -> list[CommitmentPart]:
        """The parts that are decided to be fulfilled."""
        return [part for part in self.parts if part.decided_on is not None]

    @property
    def revision(self) -> str:
        """What is another text when anything of the commitment is other, but for how much of it has been done."""
        return hashlib.sha256(self._document).hexdigest()[:16]

    @property
    def _document(self) -> bytes:
        return orjson.dumps({name: value for name, value in self.entry.items() if name not in _ANSWERED_ALONE})

    def left(self, today: date) -> dict[date, dict[str, CommitmentPart]]:
        """Return by due date and area what can be marked as done; of what recurs, by the due dates whose span began."""
        if not takes_decision(self.entry):
            return {}
        begun = min((part.due_on for part in self.parts if part.due_on >= today), default=today)
        found: dict[date, dict[str, CommitmentPart]] = {}
        for part in sorted(self.parts, key=lambda part: part.due_on):
            if part.decided_on is None and not part.is_fulfilled and (part.due_on <= begun or not self.recurs):
                found.setdefault(part.due_on, {})[part.area] = part
        return found

    async def store(
        self, connection: AsyncConnection, decisions: Iterable[Decision], catalogue: Catalogue, today: date
    ) -> None:
        """Store the commitment with other decisions, as when the API is sent it whole.

        Raises:
            DomainError: it cannot have these decisions.
        """
        body = CommitmentBody.model_validate(orjson.loads(self._document))
        changed = replace(
            body.as_commitment(self.entry["agreement"], self.entry["code"]), decisions=tuple(decisions), status=None
        )
        await put_commitment(connection, changed, today, catalogue.activity_types, catalogue.type_owners)

    def with_decisions(self, parts: Iterable[CommitmentPart], day: date) -> list[Decision]:
        """Return its decisions, and that some parts are fulfilled since a day."""
        return self._decisions([*self.decided, *(replace(part, decided_on=day) for part in parts)])

    def without(self, keys: Collection[str]) -> list[Decision]:
        """Return its decisions but those on some parts, by their keys."""
        return self._decisions(part for part in self.decided if part.key not in keys)

    @staticmethod
    def _decisions(parts: Iterable[CommitmentPart]) -> list[Decision]:
        return [Decision(part.area, part.decided_on, part.due_on) for part in parts if part.decided_on is not None]


def part_key(area: str, due_on: str) -> str:
    """Return what tells a commitment's part from the others, in a form."""
    return f"{area}~{due_on}"


def places_of(left: Mapping[date, Mapping[str, CommitmentPart]]) -> dict[str, CommitmentPart]:
    """Return of what is left, see `left`, a part for each area."""
    return {code: part for parts in left.values() for code, part in parts.items()}


def takes_decision(entry: Mapping[str, Any]) -> bool:
    """Tell whether a commitment is to be marked as done: neither withdrawn, nor fulfilled by reported activities."""
    return entry["withdrawnOn"] is None and entry["selection"] is None


async def coordinated_agreements(
    connection: AsyncConnection, visitor: Visitor | None, agreements: Iterable[str]
) -> frozenset[str]:
    """Return those of some agreements, by code, whose commitments the visitor may mark as done."""
    if visitor is None:
        return frozenset()
    scope, accesses = KeyScope.COORDINATE, visitor.accesses
    return frozenset(
        [code for code in {*agreements} if await has_scope_over_agreement(connection, code, accesses, scope)]
    )


async def commitment_for(
    connection: AsyncConnection, visitor: Visitor, agreement: str, code: str, language: Language
) -> DecidedCommitment:
    """Return a commitment that the visitor may mark as done.

    Raises:
        UnknownCommitment: there is none with the code in an agreement that they coordinate.
    """
    entry = await queries.find(connection, agreement, code)
    if entry is None or not await coordinated_agreements(connection, visitor, [agreement]):
        raise UnknownCommitment
    names = await area_names(connection, entry["areas"], language)
    decided = queries.decided_days(entry)
    parts = [
        CommitmentPart(
            one["area"],
            names[one["area"]],
            due_on,
            decided.get((one["area"], due_on)),
            one["done"],
            is_fulfilled=one["fulfilled"],
        )
        for one in entry["progress"]
        for due_on in [one.get("dueOn", entry["dueOn"])]
    ]
    months = [part.due_on.replace(day=1) for part in parts]
    is_closed = await connection.execute(_IN_CLOSED_MONTH, {"areas": [part.area for part in parts], "months": months})
    return DecidedCommitment(
        entry,
        entry["wordingEn"] or entry["wording"] if language is Language.EN else entry["wording"],
        ", ".join(entry["parties"] or [entry["party"]]),
        parts,
        is_closed.scalar_one(),
    )


def marking_address(agreement: str, commitment: str) -> str:
    """Return where a commitment is marked as done."""
    return OVERVIEW + MARK.format(agreement=agreement, commitment=commitment)
