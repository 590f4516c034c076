"""The only writer of series: the definitions in force as rows that SQL joins. A changed one marks all it touches.

The worker puts what ships when it starts; own ones are put with the definition itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.range import DateRange
from sqlalchemy import text

from shared.catalogue.annexes import followed_by
from shared.catalogue.times import WEEKDAYS
from shared.db.arrays import as_arrays
from shared.domain.commitment import COMMITMENTS
from shared.facts.activities import limit_parameters
from shared.facts.activity_marks import LIMITS, limit_ends
from shared.facts.dropped_series import StoredSeries, drop_series
from shared.facts.irreplaceable_figures import irreplaceable, refuse_annexes, refuse_definition
from shared.facts.marks import fact_marks, mark_everything, rollup_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Row, TextClause
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.cells import SeriesKey
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

log = logging.getLogger(__name__)


class Owned(NamedTuple):
    """The areas whose own a definition is, and those that the figures in them are written with."""

    area_ids: tuple[int, ...]
    writing_area_ids: frozenset[int]


class NumberedSeries(NamedTuple):
    """The id of a definition and slice, and whose own it is, if it does not ship."""

    series_id: int
    owned: Owned | None


_COLUMNS = {
    "definition_version": "smallint",
    "fingerprint": "text",
    "kind": "text",
    "unit": "text",
    "factor": "integer",
    "themes": "text[]",
    "followed_by": "text[]",
    "over_time": "text",
    "is_share": "boolean",
    "valid": "daterange",
    "expected_role": "text",
    "expected_place_kinds": "text[]",
    "is_since_new_year": "boolean",
    "counts_items": "boolean",
    "measure": "text",
    "recurs_each": "text",
    "recurs_at_least": "integer",
    "weekdays": "smallint[]",
    "reaching_types": "text[]",
}
_VALUES = ", ".join(f"CAST(:{name} AS {kind}) AS {name}" for name, kind in _COLUMNS.items())
_PUT = text(
    f"""INSERT INTO indicator_series AS stored (indicator_code, slice, {", ".join(_COLUMNS)}, defining_area_ids)
       SELECT given.* FROM (
           SELECT CAST(:indicator_code AS text) AS code, CAST(:slice AS text) AS slice, {_VALUES},
                  (SELECT array_agg(area_id ORDER BY area_id) FROM area
                   WHERE area.code = ANY(CAST(:owner AS text[]))) AS defining_area_ids) AS given
       -- An id is taken even where the row is there already, and ids are few.
       WHERE NOT EXISTS (
           SELECT FROM indicator_series AS same
           WHERE same.indicator_code = given.code AND same.slice = given.slice
             AND (same.definition_version, same.fingerprint, same.defining_area_ids, same.followed_by,
                  same.expected_place_kinds, same.is_since_new_year, same.counts_items)
                 IS NOT DISTINCT FROM (given.definition_version, given.fingerprint, given.defining_area_ids,
                                       given.followed_by, given.expected_place_kinds, given.is_since_new_year,
                                       given.counts_items))
       ON CONFLICT (indicator_code, slice) DO UPDATE
       SET {", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "defining_area_ids"))}
       RETURNING series_id"""
)
_REMOVED = text(
    """SELECT series_id, measure FROM indicator_series
       WHERE (indicator_code, slice) NOT IN (
           SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:slices AS text[])))"""
)
_REMOVED_SLICES = text(
    "SELECT series_id, measure FROM indicator_series WHERE indicator_code = :code AND slice <> ALL(:slices)"
)
_NAMED = text(
    """SELECT series_id, measure FROM indicator_series
       JOIN unnest(CAST(:codes AS text[]), CAST(:slices AS text[])) AS named(indicator_code, slice)
            USING (indicator_code, slice)"""
)
_MARK_UNDER_ANNEXES = text(
    fact_marks(
        f"""SELECT area_id, unnest(ARRAY[period_on, reported_on]), activity_type, date '-infinity'
            FROM activity JOIN annex ON annex.agreement_id = activity.agreement_id AND number = annex_number
            WHERE annex.code = ANY(:annex_codes)
            UNION
            SELECT area_id, due_on, '{COMMITMENTS}', date '-infinity'
            FROM commitment JOIN commitment_area USING (commitment_id)
            JOIN annex ON annex.agreement_id = commitment.agreement_id AND number = annex_number
            WHERE annex.code = ANY(:annex_codes)"""
    )
)
# A definition may set a time limit that the activities did not hang under when they were recorded.
_MARK_DEADLINES = text(
    fact_marks(
        f"""SELECT area_id, reported_on, activity_type, due.day + 1
           FROM activity
           JOIN {LIMITS} USING (activity_type)
           {limit_ends("reported_on", "reported_at")}
           WHERE due.day >= CAST(:as_of AS date) - 1"""
    )
)
_MARK_OBSERVED = text(
    rollup_marks(
        """SELECT DISTINCT series_id, area_id, extract(year FROM period_start)
           FROM indicator_series JOIN observation USING (measure) WHERE series_id = ANY(:series)"""
    )
)
_ALL = text(
    """SELECT indicator_code, slice, series_id, defining_area_ids,
              CASE WHEN defining_area_ids IS NOT NULL THEN ARRAY(
                  SELECT DISTINCT writing_area_id FROM ancestor_set JOIN ancestor_set_member USING (ancestor_set_id)
                  WHERE ancestor_id = ANY (defining_area_ids)) END AS writing_area_ids
       FROM indicator_series"""
)


async def put_series(connection: AsyncConnection, catalogue: Catalogue, as_of: date) -> bool:
    """Make the rows equal the catalogue; where a definition is new, changed or removed, mark what that touches.

    Return whether any is new or changed: where reporting is on depends on the kinds of those that targets are set for.
    """
    changed = await _put(connection, catalogue, catalogue.series)
    removed = await _find(connection, _REMOVED, as_arrays(("codes", "slices"), catalogue.series.keys()))
    if gone := await irreplaceable(connection, [one.series_id for one in removed]):
        log.warning("figures without facts go with the definitions that ship no more: %s", ", ".join(gone))
    await drop_series(connection, removed)
    if changed:
        await mark_everything(connection)
        await _mark_changed(connection, catalogue, changed, as_of)
    return bool(changed)


async def mark_all_series(connection: AsyncConnection, catalogue: Catalogue, as_of: date) -> None:
    """Mark all that any definition makes, also what ripens after the day: as if all of them had changed."""
    series = await series_by_key(connection)
    await mark_everything(connection)
    await _mark_changed(connection, catalogue, [one.series_id for one in series.values()], as_of)


async def put_municipal_series(connection: AsyncConnection, catalogue: Catalogue, code: str, as_of: date) -> None:
    """Make the rows of an own indicator equal the catalogue; the caller marks the areas of its owner.

    Raises:
        DefinitionInUse: figures would go, or be read otherwise, that cannot be computed again.

    """
    wanted = [key for key in catalogue.series if key[0] == code]
    removed = await _find(connection, _REMOVED_SLICES, {"code": code, "slices": [part for _, part in wanted]})
    rows = (_row(catalogue, catalogue.series[key], key[1]) for key in wanted)
    await refuse_definition(connection, [one.series_id for one in removed], rows)
    changed = await _put(connection, catalogue, wanted)
    await drop_series(connection, removed)
    if changed:
        await _mark_changed(connection, catalogue, changed, as_of)


async def put_annex_series(connection: AsyncConnection, catalogue: Catalogue) -> None:
    """Make the rows of slices of single annexes those of the catalogue, and mark what has been reported under new ones.

    The caller has stored the annexes.

    Raises:
        AgreementInUse: figures would go that cannot be computed again.

    """
    wanted = {key for key, definition in catalogue.series.items() if definition.selects.annex_code is not None}
    stored = await series_by_key(connection)
    new = sorted(wanted - stored.keys())
    gone = sorted(
        key for key in stored.keys() - catalogue.series.keys() if key[0] in catalogue.indicators and key[1] != "all"
    )
    removed = await _find(connection, _NAMED, as_arrays(("codes", "slices"), gone))
    await refuse_annexes(connection, [one.series_id for one in removed])
    await _put(connection, catalogue, new)
    await drop_series(connection, removed)
    if new:
        await connection.execute(_MARK_UNDER_ANNEXES, {"annex_codes": sorted({part for _, part in new})})


async def _put(connection: AsyncConnection, catalogue: Catalogue, keys: Iterable[SeriesKey]) -> list[int]:
    """Write the rows that differ, and return their ids."""
    changed: list[int] = []
    for code, part in keys:
        row = _row(catalogue, catalogue.series[code, part], part)
        changed += (await connection.execute(_PUT, row)).scalars()
    return changed


async def _find(
    connection: AsyncConnection, statement: TextClause, parameters: Mapping[str, object]
) -> list[StoredSeries]:
    return [StoredSeries(*row) for row in await connection.execute(statement, parameters)]


async def _mark_changed(connection: AsyncConnection, catalogue: Catalogue, changed: list[int], as_of: date) -> None:
    await connection.execute(_MARK_OBSERVED, {"series": changed})
    await connection.execute(_MARK_DEADLINES, limit_parameters(catalogue.deadlines) | {"as_of": as_of})


async def series_by_key(connection: AsyncConnection) -> dict[SeriesKey, NumberedSeries]:
    """Return the series of each definition and slice."""
    rows = await connection.execute(_ALL)
    return {(row.indicator_code, row.slice): NumberedSeries(row.series_id, _owned(row)) for row in rows}


def _owned(row: Row[Any]) -> Owned | None:
    ids = row.defining_area_ids
    return None if ids is None else Owned(tuple(ids), frozenset(row.writing_area_ids))


def _row(catalogue: Catalogue, definition: IndicatorDefinition, part: str) -> dict[str, object]:
    return {
        "indicator_code": definition.code,
        "slice": part,
        "definition_version": definition.version,
        "fingerprint": definition.fingerprint,
        "kind": definition.kind,
        "unit": definition.unit,
        "factor": definition.factor,
        "themes": list(definition.themes),
        "followed_by": list(followed_by(definition)),
        "over_time": definition.over_time,
        "is_share": definition.is_share,
        "valid": DateRange(definition.valid_from, definition.valid_to, "[]"),
        "expected_role": definition.expected_at,
        "is_since_new_year": definition.holds is not None and definition.holds.met_since is not None,
        "counts_items": definition.items is not None,
        "expected_place_kinds": _expected_place_kinds(catalogue, definition),
        "measure": definition.observes.measure if definition.observes else None,
        "recurs_each": definition.recurs.each if definition.recurs else None,
        "recurs_at_least": definition.recurs.at_least if definition.recurs else None,
        "weekdays": [WEEKDAYS.index(day) + 1 for day in definition.selects.weekdays],
        "reaching_types": list(definition.activity_types) if _reaches(definition) else [],
        "owner": list(owner.areas) if (owner := catalogue.owners.get(definition.code)) else [],
    }


def _reaches(definition: IndicatorDefinition) -> bool:
    """Tell whether an activity may count in another month than its own date's."""
    is_of_weeks = definition.recurs is not None and definition.recurs.each == "week"
    return is_of_weeks or definition.day_ends_at is not None


def _expected_place_kinds(catalogue: Catalogue, definition: IndicatorDefinition) -> list[str]:
    """Return the kinds of places at which what is expected can happen; none where any can."""
    if definition.expected_at is None:
        return []
    return sorted({kind for code in definition.activity_types for kind in catalogue.activity_types[code].place_kinds})
