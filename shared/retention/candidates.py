"""Which facts of past years can be removed, and which must stay though they are old.

Facts are of whole calendar years, in which every other period lies: an activity is of the year of the last of its
days, an observation or a note of its period's, as is each copy of a note in the revisions of closed periods, a report
of an import of the year in which the import ended. What later periods or unfinished work still need stays:

* an activity of the last days of a year, in a week whose Thursday is in the next: figures of weeks count it there;
* a case that was reported and is still planned: its start or completion will count in a later period;
* an activity with a list of things to do that has an open item: the list is still worked off;
* an activity that one which stays names, such as the walk that a later one follows up;
* the original of a duplicate that stays: without it, the duplicate would count;
* what a commitment counts that falls due later, be it linked or selected;
* the population of every year: figures and targets per inhabitant of later years are reckoned by it;
* the report of an import that has brought a fact which stays.

Other observations are not needed by later years: targets that compare with an earlier year, and comparisons with other
periods or over 12 months, read figures, which stay. Of what is reported no other facts are removed: agreements,
commitments, definitions, areas, roles and terms stay, with their history, and breaks, which later figures' limits rest
on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.observation import NEVER_REMOVED
from shared.facts.removed_periods import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue


class FactKind(StrEnum):
    """The kinds of facts that are removed, by the nouns of their resources."""

    ACTIVITIES = "activities"
    OBSERVATIONS = "observations"
    NOTES = "notes"
    CLOSED_NOTES = "closed-notes"
    IMPORTS = "imports"


class StaysFor(StrEnum):
    """Why an activity stays though it is old."""

    OPEN_CASE = "openCase"
    OPEN_ITEMS = "openItems"
    COMMITMENT = "commitment"
    REFERENCE = "reference"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class FactCounts:
    """How many facts of each kind, by the code of the area that they are of; and how many activities stay, by why."""

    by_area: Mapping[str, Mapping[FactKind, int]] = field(default_factory=dict)
    staying: Mapping[StaysFor, int] = field(default_factory=dict)

    @property
    def totals(self) -> dict[FactKind, int]:
        """The sums over all areas."""
        return {kind: sum(counts.get(kind, 0) for counts in self.by_area.values()) for kind in FactKind}

    @property
    def summary(self) -> str:
        """The sums in words, such as `12 activities, 3 observations, 0 notes, 1 imports`."""
        return ", ".join(f"{number} {kind}" for kind, number in self.totals.items())


_OLD_ACTIVITY = """CREATE TEMPORARY TABLE old_activity (
    activity_id uuid PRIMARY KEY, area_id integer, import_id uuid, stays_for text) ON COMMIT DROP"""
# A week belongs to its Thursday's year.
_FILL = text(
    f"""INSERT INTO old_activity
        SELECT activity_id, area_id, import_id,
               CASE WHEN status = 'planned' AND reported_on IS NOT NULL THEN '{StaysFor.OPEN_CASE}'
                    WHEN status <> 'cancelled' AND jsonb_path_exists(attributes, '$.*[*] ? (@.state == "open")')
                    THEN '{StaysFor.OPEN_ITEMS}' END
        FROM activity
        CROSS JOIN LATERAL (SELECT {LAST_DAY} AS last_day) AS days
        WHERE greatest(last_day, (date_trunc('week', last_day) + interval '3 days')::date) < :before"""
)
_FOR_COMMITMENTS = text(
    f"""UPDATE old_activity SET stays_for = '{StaysFor.COMMITMENT}'
        FROM activity
        WHERE activity.activity_id = old_activity.activity_id AND stays_for IS NULL AND EXISTS (
            SELECT FROM commitment_area AS owed JOIN commitment USING (commitment_id)
            WHERE due_on >= :before AND (first_on IS NULL OR first_on <= period_on)
              AND (owed.commitment_id = activity.commitment_id OR owed.commitment_id = ANY (activity.commitment_ids)
                   OR selection -> 'activityTypes' ? activity_type
                      AND period_on BETWEEN (selection ->> 'from')::date AND (selection ->> 'to')::date
                      AND EXISTS (SELECT FROM area_closure
                                  WHERE descendant_id = activity.area_id AND ancestor_id = owed.area_id)))"""
)
_FOR_OTHERS = text(
    f"""WITH RECURSIVE
        -- which activity needs which
        link AS (
            SELECT activity_id AS needing_id, duplicate_of AS needed_id, '{StaysFor.DUPLICATE}' AS reason
            FROM activity WHERE duplicate_of IS NOT NULL
            UNION ALL
            SELECT later.activity_id, earlier.activity_id, '{StaysFor.REFERENCE}'
            FROM activity AS later
            CROSS JOIN LATERAL jsonb_each_text(later.attributes) AS named (name, value)
            JOIN activity AS earlier USING (owner_area_id, source)
            WHERE later.attributes ?| CAST(:references AS text[]) AND named.name = ANY (CAST(:references AS text[]))
              AND earlier.external_id = named.value
        ),
        -- what those need that stay, and so on
        needed AS (
            SELECT needed_id, reason FROM link LEFT JOIN old_activity ON activity_id = needing_id
            WHERE activity_id IS NULL OR stays_for IS NOT NULL
            UNION
            SELECT link.needed_id, link.reason FROM needed JOIN link ON needing_id = needed.needed_id
        )
        UPDATE old_activity SET stays_for = reason FROM needed WHERE activity_id = needed_id AND stays_for IS NULL"""
)
# An upload that was never finished ended when it was last heard of.
_REMOVABLE = """CREATE TEMPORARY TABLE removable (
    kind text, id uuid, area_id integer, PRIMARY KEY (kind, id)) ON COMMIT DROP"""
_COLLECT = text(
    f"""INSERT INTO removable
        SELECT '{FactKind.ACTIVITIES}', activity_id, area_id FROM old_activity WHERE stays_for IS NULL
        UNION ALL
        SELECT '{FactKind.OBSERVATIONS}', observation_id, area_id FROM observation
        WHERE period_start < :before AND measure <> ALL (:never)
        UNION ALL
        SELECT '{FactKind.NOTES}', note_id, area_id FROM indicator_note WHERE period_start < :before
        UNION ALL
        SELECT '{FactKind.CLOSED_NOTES}', closed_note_id, area_id FROM closed_note WHERE period_start < :before
        UNION ALL
        SELECT '{FactKind.IMPORTS}', import_id, owner_area_id FROM file_import
        WHERE (coalesce(ended_at, CASE WHEN bytes IS NULL THEN heartbeat_at END)
               AT TIME ZONE 'Europe/Stockholm')::date < :before
          AND NOT EXISTS (
              SELECT FROM activity LEFT JOIN old_activity USING (activity_id)
              WHERE activity.import_id = file_import.import_id
                AND (old_activity.activity_id IS NULL OR stays_for IS NOT NULL))"""
)
_COUNT = text(
    """SELECT code, removable.kind, count(*) AS facts
       FROM removable JOIN area USING (area_id) GROUP BY 1, 2 ORDER BY 1, 2"""
)
_COUNT_STAYING = text("SELECT stays_for, count(*) AS facts FROM old_activity WHERE stays_for IS NOT NULL GROUP BY 1")


async def find_removable(connection: AsyncConnection, catalogue: Catalogue, before: date) -> FactCounts:
    """Put the facts that can be removed into the temporary table `removable`, and count them."""
    asked = {"before": before}
    await connection.exec_driver_sql(_OLD_ACTIVITY)
    await connection.execute(_FILL, asked)
    await connection.exec_driver_sql("ANALYZE old_activity")
    await connection.execute(_FOR_COMMITMENTS, asked)
    await connection.execute(_FOR_OTHERS, {"references": sorted(_references(catalogue))})
    await connection.exec_driver_sql(_REMOVABLE)
    await connection.execute(_COLLECT, asked | {"never": list(NEVER_REMOVED)})
    await connection.exec_driver_sql("ANALYZE removable")
    by_area: dict[str, dict[FactKind, int]] = {}
    for row in await connection.execute(_COUNT):
        by_area.setdefault(row.code, {})[FactKind(row.kind)] = row.facts
    staying = {StaysFor(row.stays_for): row.facts for row in await connection.execute(_COUNT_STAYING)}
    return FactCounts(by_area, staying)


def _references(catalogue: Catalogue) -> Collection[str]:
    """Return the names of the attributes by which an activity names another of its source."""
    return {
        name
        for activity_type in catalogue.activity_types.values()
        for name, attribute in activity_type.attributes.items()
        if attribute.kind == "reference"
    }
