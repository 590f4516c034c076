"""The catalogue's indicators as rows that SQL can join. A changed definition marks everything to be computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.facts.dirty import mark_everything

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

_PUT = text(
    """INSERT INTO indicator_series AS kept (
           indicator_code, definition_version, fingerprint, kind, unit, factor, themes)
       VALUES (:indicator_code, :definition_version, :fingerprint, :kind, :unit, :factor, :themes)
       ON CONFLICT (indicator_code, slice) DO UPDATE
       SET definition_version = excluded.definition_version, fingerprint = excluded.fingerprint,
           kind = excluded.kind, unit = excluded.unit, factor = excluded.factor, themes = excluded.themes
       WHERE (kept.definition_version, kept.fingerprint)
             IS DISTINCT FROM (excluded.definition_version, excluded.fingerprint)
       RETURNING series_id"""
)
_DROP = text("DELETE FROM indicator_series WHERE indicator_code <> ALL(:codes) RETURNING series_id")
_DROP_FIGURES = tuple(
    text(f"DELETE FROM {table} WHERE series_id = ANY(:series)")
    for table in ("indicator_value", "atom_figure", "cell", "rollup_mark")
)
# A definition may set a time limit that the activities did not hang under when they were recorded.
_MARK_DEADLINES = text(
    """INSERT INTO dirty_mark (owner_id, year, area_id, month, activity_type, ripens_on)
       SELECT DISTINCT atom.owner_id, extract(year FROM reported_on), activity.area_id,
                       date_trunc('month', reported_on)::date, activity_type, due.day + 1
       FROM activity
       JOIN unnest(CAST(:types AS text[]), CAST(:limits AS integer[])) AS deadline(activity_type, working_days)
            USING (activity_type)
       JOIN calendar_day AS known ON known.day = reported_on
       JOIN calendar_day AS due ON due.is_working AND due.ordinal = known.ordinal + deadline.working_days
       JOIN area_atom ON area_atom.area_id = activity.area_id AND area_atom.valid @> reported_on
       JOIN atom USING (atom_id)
       WHERE due.day >= CAST(:as_of AS date) - 1"""
)
_ALL = text("SELECT indicator_code, series_id FROM indicator_series")


async def put_series(connection: AsyncConnection, catalogue: Catalogue, as_of: date) -> None:
    """Make the rows equal the catalogue; where a definition is new, changed or gone, mark what that touches."""
    changed = [await connection.execute(_PUT, _row(definition)) for definition in catalogue.indicators.values()]
    dropped = list((await connection.execute(_DROP, {"codes": list(catalogue.indicators)})).scalars())
    for statement in _DROP_FIGURES if dropped else ():
        await connection.execute(statement, {"series": dropped})
    if any(result.rowcount for result in changed):
        await mark_everything(connection)
        limits = [(code, days) for code in catalogue.activity_types for days in catalogue.deadlines(code)]
        types, days = [code for code, _ in limits], [days for _, days in limits]
        await connection.execute(_MARK_DEADLINES, {"types": types, "limits": days, "as_of": as_of})


async def series_ids(connection: AsyncConnection) -> dict[str, int]:
    """Return the series of each indicator code."""
    return {row.indicator_code: row.series_id for row in await connection.execute(_ALL)}


def _row(definition: IndicatorDefinition) -> dict[str, object]:
    return {
        "indicator_code": definition.code,
        "definition_version": definition.version,
        "fingerprint": definition.fingerprint,
        "kind": definition.kind,
        "unit": definition.unit,
        "factor": definition.factor,
        "themes": list(definition.themes),
    }
