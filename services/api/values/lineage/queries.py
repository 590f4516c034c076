"""What a figure is made of: the facts behind it, each one's part, and what was left out and why.

The facts of a kind of figure are activities, places, commitments or observations: each has a list of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, text

from shared.catalogue.contributions import parts
from shared.catalogue.place_months import last_reported_months
from shared.db.access import FULL_ACCESS, current_access
from shared.domain.activity_type import Wording
from shared.domain.period import STOCKHOLM
from shared.read_model.texts import instant_text, json_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.responses import Page
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.owner import Owner
    from shared.facts.removed_periods import Removal
    from shared.read_model.value_id import ValueKey

# The list of the facts behind a figure, by its definition's basis.
LISTS = {
    "activity": "activities",
    "place": "places",
    "commitment": "commitments",
    "observation": "observations",
}

REASONS = {
    "duplicate": Wording(
        sv="Dubblett: samma händelse räknas redan från en annan källa",
        en="Duplicate: another source's report of it counts",
    ),
    "cancelled": Wording(sv="Inställd eller dubblett", en="Cancelled, or a duplicate"),
    "notPerformed": Wording(sv="Planerad, inte genomförd", en="Planned, not performed"),
    "notOfThisKind": Wording(sv="Omfattas inte av indikatorn", en="Not counted by this indicator"),
    "alreadyCounted": Wording(sv="Redan räknad i perioden", en="Already counted in the period"),
    "participantsUnknown": Wording(sv="Antal deltagare är okänt", en="The number of participants is unknown"),
    "hoursUnknown": Wording(sv="Tid för start eller slut saknas", en="The time of the start or end is missing"),
    "timeUnknown": Wording(sv="Klockslag saknas", en="The time of day is missing"),
    "notStated": Wording(sv="Uppgiften saknas", en="What is counted is not stated"),
    "notReported": Wording(sv="Anmälningsdatum saknas", en="The date of the report is missing"),
    "notYetDue": Wording(sv="Tidsgränsen har inte passerat", en="The time limit has not passed"),
    "dateUnknown": Wording(
        sv="Avslutad en okänd dag: visas i perioden då ärendet kom in",
        en="Done on an unknown day: shown in the period of its report",
    ),
    "startUnknown": Wording(sv="Startdagen är okänd", en="The start is unknown"),
    "withdrawn": Wording(sv="Åtagandet är återtaget", en="The commitment is withdrawn"),
    "notArrived": Wording(sv="Har inte kommit in", en="Has not arrived"),
    "otherSourceCounts": Wording(sv="Värdet hämtas från en annan källa", en="Another source counts"),
    "missing": Wording(sv="Källan saknar uppgiften", en="The source has no figure"),
    "confidential": Wording(sv="Sekretess hos källan", en="The source keeps the figure confidential"),
    "notApplicable": Wording(sv="Inte aktuellt", en="The figure does not apply"),
}


def _is_in(setting: str, column: str) -> str:
    """Return the condition that an area is in a set of areas, a parameter that is written as an access has it."""
    return f"""CASE WHEN CAST(:{setting} AS text) = 'all' THEN true
                   WHEN {column} < 8 * length(CAST(:{setting} AS bytea))
                   THEN get_bit(CAST(:{setting} AS bytea), {column}) = 1 ELSE false END"""


@dataclass(frozen=True, slots=True)
class _List:
    """The columns of an entry, the joins that they need, and the order of the entries."""

    columns: str
    joins: str
    order: str
    numerator: str = "part.numerator"


_LISTS = {
    "activity": _List(
        """activity_id AS "activityId", activity.source, external_id AS "externalId", activity_type AS type,
           area.code AS area, counted_on AS "countedOn\"""",
        "JOIN activity USING (activity_id) JOIN area ON area.area_id = activity.area_id",
        "counted_on, activity_id",
    ),
    "place": _List(
        'area.code AS area, counted_on AS "countedOn"',
        "JOIN area ON area.area_id = part.area_id",
        "counted_on, area.code",
    ),
    "commitment": _List(
        """agreement.code AS agreement, commitment.code AS commitment, area, times,
           CASE WHEN is_seen THEN done END AS done, counted_on AS "dueOn",
           decided_on AS "decidedOn", withdrawn_on AS "withdrawnOn", areas""",
        # How much has been done at a place is a figure of that place, and so is whether that was enough.
        f"""JOIN commitment USING (commitment_id) JOIN agreement USING (agreement_id)
           CROSS JOIN LATERAL (
               SELECT CASE WHEN count(*) = 1 THEN min(area.code) END AS area,
                      bool_and({_is_in("figures", "area_id")}) AS is_seen, sum(done) AS done,
                      CASE WHEN bool_and(decided_on IS NOT NULL) THEN max(decided_on) END AS decided_on,
                      coalesce(jsonb_agg(jsonb_build_object('area', area.code, 'done', done, 'decidedOn', decided_on,
                                                            'fulfilled', is_fulfilled) ORDER BY area.code)
                               FILTER (WHERE {_is_in("figures", "area_id")}), '[]') AS areas
               FROM commitment_progress AS progress JOIN area USING (area_id)
               WHERE progress.commitment_id = part.commitment_id AND progress.due_on = part.counted_on
                 AND area_id = ANY (part.area_ids)) AS inside""",
        "counted_on, agreement.code, commitment.code, areas ->> 0, part.area_ids",
        "CASE WHEN is_seen THEN part.numerator END AS numerator",
    ),
}

# Where visits are expected: in each month of the period. Where a state is observed: in the last month of the period in
# which a municipality reports.
_EXPECTED_IN = """(SELECT DISTINCT descendant_id AS area_id, start::date AS month
                    FROM area_closure JOIN area ON area.area_id = ancestor_id
                    JOIN area_role ON area_role.area_id = descendant_id
                    CROSS JOIN generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp),
                                               interval '1 month') AS start
                    WHERE area.code = :area)"""
_OBSERVED_IN = """(SELECT DISTINCT descendant_id AS area_id, month
                    FROM area_closure JOIN area ON area.area_id = ancestor_id CROSS JOIN {} AS ending
                    WHERE area.code = :area)"""
_NEXT_MONTH = "(date_trunc('month', CAST({} AS date)) + interval '1 month')::date"
# What counts once, however often it happens, and which time counts: the last for a place that two municipalities count,
# each as of its own last day.
_ONCE = {
    "distinct": ("part.area_id", "counted_on, activity_id"),
    "days": ("part.area_id, part.counted_on", "counted_on, activity_id"),
    "state": ("part.area_id", "counted_on DESC"),
}

# What happened at a place is told to those whose it is: activities have a policy, places have none.
_SEEN_PLACES = dict.fromkeys(LISTS, "") | {"place": f" AND {_is_in('details', 'part.area_id')}"}

# One commitment in all of its areas inside, unless it is one of its own in each of them.
_COMMITMENTS = """
        SELECT commitment_id, counted_on, array_agg(area_id) AS area_ids, min(numerator) AS numerator,
               min(denominator) AS denominator, min(reason) AS reason
        FROM ({}) AS part JOIN commitment USING (commitment_id)
        GROUP BY commitment_id, counted_on, CASE WHEN is_each_area THEN area_id END"""


@cache
def _page(definition: IndicatorDefinition) -> TextClause:
    wanted = _LISTS[definition.basis]
    return text(
        f"""SELECT {wanted.columns}, {wanted.numerator}, part.denominator, reason AS "leftOut"
            FROM ({_inside(definition)}) AS part {wanted.joins}
            ORDER BY {wanted.order} LIMIT :limit OFFSET :offset"""
    )


@cache
def _count(definition: IndicatorDefinition) -> TextClause:
    return text(f"SELECT count(*) FROM ({_inside(definition)}) AS part")


def _inside(definition: IndicatorDefinition) -> str:
    """Return the parts inside the area and the period; what counts once has figures one time alone."""
    ending = ""
    if definition.kind == "state":
        until = f"least({_NEXT_MONTH.format(':last')}, {_NEXT_MONTH.format(':as_of')})"
        months = last_reported_months(definition, "CAST(:first AS date)", until)
        source = parts(definition, _OBSERVED_IN.format(months))
        ending = f"""
          AND EXISTS (SELECT FROM area_closure AS up JOIN {months} AS ending ON ending.area_id = up.ancestor_id
                      JOIN area AS municipality ON municipality.area_id = up.ancestor_id
                      WHERE up.descendant_id = part.area_id AND up.valid @> part.counted_on
                        AND municipality.kind = 'municipality'
                        AND ending.month = date_trunc('month', part.counted_on)::date)"""
    else:
        source = parts(definition, _EXPECTED_IN)
    inside = f"""
        SELECT part.*
        FROM ({source}) AS part
        JOIN area_closure AS inside ON inside.descendant_id = part.area_id AND inside.valid @> part.counted_on
        JOIN area AS whole ON whole.area_id = inside.ancestor_id
        WHERE whole.code = :area AND part.counted_on BETWEEN :first AND :last{ending}{_SEEN_PLACES[definition.basis]}
          AND (CAST(:owner AS text[]) IS NULL OR EXISTS (
              SELECT FROM area_closure AS up JOIN area AS owner ON owner.area_id = up.ancestor_id
              WHERE up.descendant_id = part.area_id AND up.valid @> part.counted_on
                AND owner.code = ANY (CAST(:owner AS text[]))))"""
    if definition.recurs is not None:
        return _recurring(inside, definition)
    if definition.kind == "commitments":
        return _COMMITMENTS.format(inside)
    if definition.kind not in _ONCE:
        return inside
    once, which = _ONCE[definition.kind]
    return f"""
        SELECT activity_id, area_id, counted_on, CASE WHEN nth = 1 THEN numerator END AS numerator,
               CASE WHEN nth = 1 THEN denominator END AS denominator,
               CASE WHEN nth = 1 THEN reason ELSE coalesce(reason, 'alreadyCounted') END AS reason
        FROM (SELECT part.*, row_number() OVER (PARTITION BY {once}, reason ORDER BY {which}) AS nth
              FROM ({inside}) AS part) AS part"""


def _recurring(inside: str, definition: IndicatorDefinition) -> str:
    """Return the parts of what is to recur: of each day, week or month, the one that makes it enough is 1."""
    assert definition.recurs is not None  # noqa: S101  it is asked for only then
    enough = definition.recurs.at_least
    each = definition.recurs.each
    due = f"WHEN date_trunc('{each}', counted_on) + interval '1 {each}' > :as_of THEN 'notYetDue'"
    return f"""
        SELECT activity_id, area_id, counted_on, denominator,
               CASE WHEN reason IS NULL THEN
                    (so_far >= {enough} AND so_far - numerator < {enough})::integer
               END AS numerator, reason
        FROM (SELECT activity_id, area_id, counted_on, numerator, denominator,
                     CASE WHEN reason IS NOT NULL THEN reason {due if definition.is_share else ""} END AS reason,
                     sum(numerator) OVER (PARTITION BY date_trunc('{each}', counted_on)
                                           ORDER BY activity_id) AS so_far
              FROM ({inside}) AS part) AS part"""


async def parts_behind(
    connection: AsyncConnection,
    definition: IndicatorDefinition,
    key: ValueKey,
    owner: Owner | None,
    page: Page,
    as_of: date,
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many facts a value that is made of parts is about, and one page of them by date.

    `owner` is whose own the definition is: what lay outside of its areas on its day is not counted.
    """
    access = current_access() or FULL_ACCESS
    asked = {
        "area": key.area,
        "first": key.period.start,
        "last": key.period.end,
        "as_of": as_of,
        "owner": list(owner.areas) if owner else None,
        "details": access.details.text,
        "figures": access.figures.text,
    }
    total: int = (await connection.execute(_count(definition), asked)).scalar_one()
    rows = await connection.execute(_page(definition), asked | {"limit": page.limit, "offset": page.offset})
    return total, [entry(dict(row)) for row in rows.mappings()]


def removal_of(removal: Removal | None) -> dict[str, Any]:
    """Return what a list says of the removal of its facts, in words too."""
    if removal is None:
        return {"factsRemoved": None}
    day = f"{removal.removed_at.astimezone(STOCKHOLM):%Y-%m-%d}"
    said = Wording(
        sv=f"Uppgifterna bakom värdet gallrades {day}. Värdet står kvar som det var.",
        en=f"The facts behind the value were removed on {day}. The value stays as it was.",
    )
    when = {"before": removal.before, "removedAt": instant_text(removal.removed_at)}
    return {"factsRemoved": when | said.model_dump()}


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as it is listed: its figures as JSON writes them, and in words why it was left out."""
    reason = row["leftOut"]
    left_out = {"reason": reason, **REASONS[reason].model_dump()} if reason else None
    figures = {name: json_number(row[name]) for name in ("numerator", "denominator")}
    return {**row, **figures, "leftOut": left_out}
