"""What a value is made of, in words: its activities, places, commitments or observations, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.http.responses import Page
from services.api.pages.area_names import area_names
from services.api.pages.reporting.visibility import concerning
from services.api.pages.texts import translator
from services.api.values.lineage.observations import observations_behind
from services.api.values.lineage.queries import parts_behind
from shared.domain.period import Period
from shared.domain.wording import Language, in_language, number
from shared.facts.removed_periods import find_removal
from shared.wording.dates import date_in_words, month_in_words, period_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue
    from shared.people.sessions import Person
    from shared.read_model.value_id import ValueKey

PAGE_LENGTH = 100
_COMMITMENTS = text(
    """SELECT agreement.code AS agreement, commitment.code, wording, coalesce(wording_en, wording) AS wording_en
       FROM commitment JOIN agreement USING (agreement_id) WHERE commitment.code = ANY(:codes)"""
)


@dataclass(frozen=True, slots=True)
class UnderlyingFact:
    """A fact behind a value: what it is, where and when, what it counts as, or else why it does not.

    `address` is where the visitor sees it whole, if anywhere.
    """

    what: str
    where: str
    when: str
    counts_as: str
    why_not: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Underlying:
    """A page of the facts behind a value; `total` is how many there are, `removed_on` when they were removed."""

    basis: str
    total: int
    page: int
    parts: tuple[UnderlyingFact, ...]
    removed_on: str = ""

    @property
    def names_facts(self) -> bool:
        """Whether facts are told apart by what they are, and not by where and when alone."""
        return any(one.what for one in self.parts)

    @property
    def has_more(self) -> bool:
        """Whether there is a next page."""
        return self.page * PAGE_LENGTH < self.total


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it, by which definitions, in which language and on which day."""

    person: Person
    catalogue: Catalogue
    language: Language
    today: date


async def underlying_of(
    connection: AsyncConnection, definition: IndicatorDefinition, key: ValueKey, page: int, reader: Reader
) -> Underlying:
    """Return a page of what a value is made of, as the visitor may see it."""
    basis, owner = definition.basis, reader.catalogue.owners.get(key.indicator)
    removal = await find_removal(connection, key.period.start)
    if removal is not None and basis != "commitment":
        return Underlying(basis, 0, 1, (), date_in_words(removal.removed_at.date(), reader.language))
    if basis == "observation":
        every = await observations_behind(connection, definition, key, owner)
        total, entries = len(every), every[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    else:
        asked = Page(page, PAGE_LENGTH)
        total, entries = await parts_behind(connection, definition, key, owner, asked, reader.today)
    in_words = _InWords(
        definition,
        reader,
        await area_names(connection, {one["area"] for one in entries if one.get("area")}, reader.language),
        await _commitment_names(connection, entries, reader.language),
        await concerning(connection, reader.person, [one["activityId"] for one in entries if "activityId" in one]),
    )
    return Underlying(basis, total, page, tuple(in_words.part(one) for one in entries))


@dataclass(frozen=True, slots=True)
class _InWords:
    """Says what entries are, by the names of what they name."""

    definition: IndicatorDefinition
    reader: Reader
    areas: Mapping[str, str]
    commitments: Mapping[tuple[str, str], str]
    own_reports: Collection[object]

    def part(self, entry: Mapping[str, Any]) -> UnderlyingFact:
        """Return an entry in words."""
        area = self.areas.get(entry.get("area") or "", "")
        left_out = entry["leftOut"]
        why_not = left_out[self.reader.language.value] if left_out else ""
        counts_as = "" if left_out else self._counts_as(entry)
        return UnderlyingFact(self._what(entry), area, self._when(entry), counts_as, why_not, self._address(entry))

    def _what(self, entry: Mapping[str, Any]) -> str:
        match self.definition.basis:
            case "activity":
                found = self.reader.catalogue.activity_types.get(entry["type"])
                return in_language(found.name, self.reader.language) if found else ""
            case "commitment":
                return self.commitments[entry["agreement"], entry["commitment"]]
            case "observation":
                # Of a statistic, such as an offence's code: people know it by that.
                return entry["code"] or ""
            case _:
                return ""

    def _when(self, entry: Mapping[str, Any]) -> str:
        language = self.reader.language
        match self.definition.basis:
            case "commitment":
                return date_in_words(entry["dueOn"], language)
            case "observation":
                return period_in_words(Period.parse(entry["period"]), language)
            case "place" if self.definition.kind == "coverage":
                return month_in_words(entry["countedOn"], language)
            case _:
                return date_in_words(entry["countedOn"], language)

    def _counts_as(self, entry: Mapping[str, Any]) -> str:
        numerator, denominator = entry["numerator"], entry["denominator"]
        if numerator is None:
            return ""
        counted = number(Decimal(str(numerator)), self.reader.language)
        if denominator is None:
            return counted
        of = number(Decimal(str(denominator)), self.reader.language)
        return translator(self.reader.language)("agreement.of", numerator=counted, denominator=of)

    def _address(self, entry: Mapping[str, Any]) -> str:
        activity_id = entry.get("activityId")
        return f"/mina-rapporter/{activity_id}" if activity_id in self.own_reports else ""


async def _commitment_names(
    connection: AsyncConnection, entries: Sequence[Mapping[str, Any]], language: Language
) -> dict[tuple[str, str], str]:
    codes = {one["commitment"] for one in entries if "commitment" in one}
    rows = await connection.execute(_COMMITMENTS, {"codes": [*codes]}) if codes else ()
    return {(row.agreement, row.code): row.wording_en if language is Language.EN else row.wording for row in rows}
