"""Looks up what activities refer to: agreement, annex, area and commitment, as far as the checks need them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from shared.db.access import may_write
from shared.db.arrays import as_arrays
from shared.db.days import days_from
from shared.db.locks import area_hierarchy_version, share_area_hierarchy
from shared.domain.activity import References, Span
from shared.domain.errors import Violation
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST
from shared.facts.removed_periods import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

# An agreement's code, the number of one of its annexes, if any, an area's code, that of one of the agreement's
# commitments, if any, and those of further ones.
Reference = tuple[str, int | None, str, str | None, tuple[str, ...]]
# An activity's source and its id there.
ActivityKey = tuple[str, str | None]


class AreaReference(NamedTuple):
    """An area under an agreement, by the codes at `n` of those asked for; spans as PostgreSQL writes ranges.

    An id is None where nothing has the code, and so is all that would follow from it.
    """

    n: int
    agreement_id: Any
    agreement_valid: Any
    area_id: Any
    place_kind: str | None
    covered: str | None
    placed: str | None
    owned: str | None
    facts_removed_before: date | None


class AnnexReference(NamedTuple):
    """An annex and a commitment of an agreement, in the same way."""

    n: int
    annex_number: int | None
    annex_valid: Any
    commitment_id: int | None


# Apart, since a file names few annexes and many areas, in nearly as many pairs as it has rows.
_FIND_AREAS = text(
    """SELECT wanted.n, agreement.agreement_id, CAST(agreement.valid * :calendar AS text) AS agreement_valid,
              area.area_id, area.place_kind,
              (SELECT string_agg(CAST(closure.valid * :calendar AS text), '')
               FROM agreement_area
               JOIN area_closure AS closure ON closure.ancestor_id = agreement_area.area_id
               WHERE agreement_area.agreement_id = agreement.agreement_id
                 AND closure.descendant_id = area.area_id) AS covered,
              (SELECT string_agg(CAST(area_ancestor_set.valid * :calendar AS text), '')
               FROM area_ancestor_set
               WHERE area_ancestor_set.area_id = area.area_id) AS placed,
              (SELECT string_agg(' ' || owner.code || CAST(closure.valid * :calendar AS text), '')
               FROM area_closure AS closure JOIN area AS owner ON owner.area_id = closure.ancestor_id
               WHERE closure.descendant_id = area.area_id
                 AND EXISTS (SELECT FROM municipal_definition_area AS own WHERE own.area_id = owner.area_id)) AS owned,
              (SELECT nullif(facts_removed_before(), '-infinity')) AS facts_removed_before
       FROM unnest(CAST(:agreements AS text[]), CAST(:areas AS text[]))
            WITH ORDINALITY AS wanted(agreement, area, n)
       LEFT JOIN agreement ON agreement.code = wanted.agreement
       LEFT JOIN area ON area.code = wanted.area"""
)
_FIND_PARTS = text(
    """SELECT wanted.n, annex.number AS annex_number, CAST(annex.valid * :calendar AS text) AS annex_valid,
              commitment.commitment_id
       FROM unnest(CAST(:agreements AS text[]), CAST(:annexes AS smallint[]), CAST(:commitments AS text[]))
            WITH ORDINALITY AS wanted(agreement, annex, commitment, n)
       LEFT JOIN agreement ON agreement.code = wanted.agreement
       LEFT JOIN annex ON annex.agreement_id = agreement.agreement_id AND annex.number = wanted.annex
       LEFT JOIN commitment ON commitment.agreement_id = agreement.agreement_id
                           AND commitment.code = wanted.commitment"""
)
# Days of a time without facts, of activities that are still there.
_OLD = text(
    f"""SELECT source, external_id
       FROM unnest(CAST(:sources AS text[]), CAST(:external_ids AS text[])) AS sent(source, external_id)
       JOIN activity USING (source, external_id)
       WHERE owner_area_id = acting_owner() AND {LAST_DAY} < facts_removed_before()"""
)
_IS_OLD = text(f"SELECT {LAST_DAY} < facts_removed_before() FROM activity WHERE activity_id = :activity_id")
_ONE_DAY = timedelta(days=1)
# Spans are cut to it: what happens outside the calendar is refused before, and Python knows no infinite dates.
_CALENDAR = days_from(CALENDAR_FIRST, CALENDAR_LAST)
_UNKNOWN_AREA = Violation("area", "no area has this code", "Take a code from /areas.")
_NEVER = Span(date.max, date.min)
# As PostgreSQL writes ranges of days, without the end.
_RANGE = re.compile(r"\[([0-9-]{10}),([0-9-]{10})\)")
_OWNED_RANGE = re.compile(rf" ([^ \[]+){_RANGE.pattern}")
_MOST_KNOWN = 50_000  # 20 MB at most for an import


@dataclass(frozen=True, slots=True)
class KnownReferences:
    """What references refer to, or what is unknown in them, at one version of the structure."""

    version: int
    found: dict[Reference, References | list[Violation]]
    # Of an import: which of its activities are stored from a time whose facts have been removed.
    stored: set[ActivityKey] = field(default_factory=set)
    # Rows of areas under agreements, and of annexes and commitments, by the codes that they were asked for by.
    areas: dict[tuple[str, str], AreaReference] = field(default_factory=dict)
    parts: dict[tuple[str, int | None, str | None], AnnexReference] = field(default_factory=dict)

    def of(self, reference: Reference, *, is_stored: bool = False) -> References | list[Violation]:
        """Return what a reference refers to, or what is unknown in it; so is an area in which one may not write.

        An activity that is still stored, though facts of its time have been removed, can be corrected.
        """
        found = self.found[reference]
        if isinstance(found, References):
            if not may_write(found.area_id):
                return [_UNKNOWN_AREA]
            if is_stored:
                return replace(found, facts_removed_before=None)
        return found

    def is_of_removed_time(self, reference: Reference, day: date | None) -> bool:
        """Tell whether facts of a day have been removed, as far as what it refers to is known."""
        found = self.found[reference]
        before = found.facts_removed_before if isinstance(found, References) else None
        return before is not None and day is not None and day < before


async def extend_references(
    connection: AsyncConnection, references: Collection[Reference], known: KnownReferences
) -> KnownReferences:
    """Return settings that have the references: the known ones, or others if the structure has changed since.

    Until the transaction ends, what lies inside what stays as it was found.
    """
    await share_area_hierarchy(connection)
    version = await area_hierarchy_version(connection)
    missing = [reference for reference in references if reference not in known.found]
    if version != known.version or (missing and len(known.found) > _MOST_KNOWN):
        known = KnownReferences(version, {})
        missing = [*references]
    await _add(connection, known, missing)
    return known


class ReferenceCache:
    """Remembers what references refer to, from one transaction to the next, for as long as the structure stays."""

    def __init__(self) -> None:
        self._known = KnownReferences(0, {})

    async def find(self, connection: AsyncConnection, reference: Reference) -> KnownReferences:
        """Return what has the reference, or what is unknown in it; until the transaction ends it stays so."""
        known = self._known = await extend_references(connection, [reference], self._known)
        return known


async def find_references(connection: AsyncConnection, references: Collection[Reference]) -> KnownReferences:
    """Return what each reference refers to, or what is unknown in it.

    Until the transaction ends, what lies inside what stays as it was found.
    """
    return await extend_references(connection, references, KnownReferences(0, {}))


async def find_stored_from_before(connection: AsyncConnection, keys: Collection[ActivityKey]) -> set[ActivityKey]:
    """Return which of the caller's activities are still stored from a time whose facts have been removed."""
    rows = await connection.execute(_OLD, as_arrays(("sources", "external_ids"), keys)) if keys else ()
    return {(row.source, row.external_id) for row in rows}


async def is_from_before(connection: AsyncConnection, activity_id: UUID) -> bool:
    """Tell whether a stored activity is of a time whose facts have been removed."""
    return bool((await connection.execute(_IS_OLD, {"activity_id": activity_id})).scalar_one_or_none())


async def _add(connection: AsyncConnection, known: KnownReferences, missing: Collection[Reference]) -> None:
    await _find_rows(connection, known, missing)
    for reference in missing:
        agreement, annex, area, commitment, further = reference
        place, part = known.areas[agreement, area], known.parts[agreement, annex, commitment]
        others = [known.parts[agreement, None, code].commitment_id for code in further]
        known.found[reference] = _unknown(place, part, others, reference) or _setting(place, part, others)


async def _find_rows(connection: AsyncConnection, known: KnownReferences, references: Collection[Reference]) -> None:
    """Add the rows that the references need and that are not known."""
    areas = list({(agreement, area) for agreement, _, area, *_ in references} - known.areas.keys())
    if areas:
        asked = as_arrays(("agreements", "areas"), areas) | {"calendar": _CALENDAR}
        places = map(AreaReference._make, await connection.execute(_FIND_AREAS, asked))
        known.areas.update({areas[place.n - 1]: place for place in places})
    wanted = {(agreement, annex, code) for agreement, annex, _, code, _ in references}
    wanted |= {(agreement, None, code) for agreement, *_, further in references for code in further}
    parts = list(wanted - known.parts.keys())
    if parts:
        asked = as_arrays(("agreements", "annexes", "commitments"), parts) | {"calendar": _CALENDAR}
        found = map(AnnexReference._make, await connection.execute(_FIND_PARTS, asked))
        known.parts.update({parts[part.n - 1]: part for part in found})


def _unknown(
    place: AreaReference, part: AnnexReference, others: Sequence[int | None], reference: Reference
) -> list[Violation]:
    _, annex, _, commitment, _ = reference
    violations = []
    if place.agreement_id is None:
        violations.append(Violation("agreement", "no agreement has this code", "Take a code from /agreements."))
    else:
        if annex is not None and part.annex_number is None:
            remedy = "See the agreement's annexes at /agreements."
            violations.append(Violation("annex", "the agreement has no annex with this number", remedy))
        fields = ["commitment"] if commitment is not None and part.commitment_id is None else []
        fields += [f"commitments[{index}]" for index, found in enumerate(others) if found is None]
        remedy = "See the agreement's commitments at /agreements."
        violations += [Violation(one, "the agreement has no commitment with this code", remedy) for one in fields]
    if place.area_id is None:
        violations.append(_UNKNOWN_AREA)
    return violations


def _setting(place: AreaReference, part: AnnexReference, others: Iterable[int | None]) -> References:
    return References(
        agreement_id=place.agreement_id,
        agreement=_span(place.agreement_valid),
        annex=None if part.annex_number is None else _span(part.annex_valid),
        area_id=place.area_id,
        place_kind=place.place_kind,
        covered=_spans(place.covered),
        placed=_spans(place.placed),
        commitment_id=part.commitment_id,
        commitment_ids=tuple(found for found in others if found is not None),
        owners=_owners(place.owned),
        facts_removed_before=place.facts_removed_before,
    )


def _span(days: str) -> Span:
    (span,) = _spans(days) or (_NEVER,)
    return span


# The same few spans are met again and again: they are parsed once.
@lru_cache(maxsize=10_000)
def _spans(ranges: str | None) -> tuple[Span, ...]:
    """Turn half-open ranges, one behind the other, into spans that include both ends; an empty one is none."""
    return tuple(
        Span(date.fromisoformat(first), date.fromisoformat(end) - _ONE_DAY)
        for first, end in _RANGE.findall(ranges or "")
    )


@lru_cache(maxsize=10_000)
def _owners(ranges: str | None) -> tuple[tuple[str, Span], ...]:
    """Turn half-open ranges, each behind the code of an owner, into pairs of the code and a span."""
    return tuple(
        (code, Span(date.fromisoformat(first), date.fromisoformat(end) - _ONE_DAY))
        for code, first, end in _OWNED_RANGE.findall(ranges or "")
    )
