"""Definitions of several series compiled to one SELECT of their cells. No I/O.

A cell is the figure of one area and month, apart for each ancestor set that the area had in it; of what is to recur, of
one area and day or week. Columns: series_id, area_id, month (its first day; of a day the day, of a week its Thursday),
ancestor_set_id, numerator, denominator, left_out; of commitments also `dues`, a JSON object that says of each how it
is. The series of a SELECT read the same facts, and these are read once. `:as_of` (date) is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from shared.catalogue.contributions import COUNTED_APART, parts_of_series, undated
from shared.catalogue.indicator import FACTS_OTHER_THAN_ACTIVITIES
from shared.catalogue.place_months import all_place_months
from shared.catalogue.sql import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shared.catalogue.contributions import DefinedSeries
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.owner import Owner

# An indicator's code and slice.
SeriesKey = tuple[str, str]

# As many series at most are in one statement: planning it takes longer than running it where there are hundreds.
MOST_SERIES = 20


@dataclass(frozen=True, eq=False)
class SeriesGroup:
    """Series that the same facts change, so that one statement computes them; all ship, or have the same owner."""

    definitions: Mapping[SeriesKey, IndicatorDefinition]

    @cached_property
    def basis(self) -> str:
        """What kind of fact is behind the figures."""
        return self._any.basis

    @cached_property
    def facts(self) -> frozenset[str]:
        """The activity types, and what else, of which a fact can change the figures."""
        return frozenset((*self._any.activity_types, *FACTS_OTHER_THAN_ACTIVITIES.get(self._any.kind, ())))

    @cached_property
    def holds_until_year_end(self) -> bool:
        """Whether what is met in one month is met in all later ones of the year."""
        return self._any.holds is not None and self._any.holds.met_since is not None

    @cached_property
    def is_finer_than_months(self) -> bool:
        """Whether a month has several cells: one for each of its days or weeks."""
        return self._any.recurs is not None and self._any.recurs.each != "month"

    @property
    def _any(self) -> IndicatorDefinition:
        return next(iter(self.definitions.values()))


def series_groups(
    series: Mapping[SeriesKey, IndicatorDefinition], owners: Mapping[str, Owner]
) -> tuple[SeriesGroup, ...]:
    """Return the series that have cells in groups; `owners` says whose own an indicator is.

    An activity is of one type and changes a dozen series of it: one statement for all costs little more than for one.
    """
    alike: dict[tuple[object, ...], dict[SeriesKey, IndicatorDefinition]] = {}
    for key, definition in series.items():
        if definition.basis != "observation":
            facts = (definition.activity_types, FACTS_OTHER_THAN_ACTIVITIES.get(definition.kind))
            met_since = definition.holds and definition.holds.met_since
            # Days are counted, and stand in no statement together with what adds up.
            each = definition.recurs and definition.recurs.each
            same = (owners.get(key[0]), facts, met_since, definition.kind == "days", each)
            alike.setdefault(same, {})[key] = definition
    return tuple(SeriesGroup(dict(some)) for group in alike.values() for some in _batches(group))


def _batches(group: Mapping[SeriesKey, IndicatorDefinition]) -> Iterator[list[tuple[SeriesKey, IndicatorDefinition]]]:
    items = list(group.items())
    return (items[start : start + MOST_SERIES] for start in range(0, len(items), MOST_SERIES))


# Of own definitions, what lies in the areas whose own they are.
_IN_OWNED = """AND area_ancestor_set.ancestor_set_id IN (
                SELECT ancestor_set_id FROM ancestor_set_member WHERE ancestor_id = ANY (CAST(:owned AS integer[])))"""


def cells_of_leaves(series: Sequence[DefinedSeries], *, are_owned: bool = False) -> str:
    """Return the SELECT of the cells of the relation `leaf` (writing_area_id, area_id, month, next_month).

    Those that are owned have cells in the areas `:owned` alone.
    """
    parts = parts_of_series(series, lambda _: "(SELECT leaf.area_id, leaf.month)")
    # OFFSET 0: else the planner may join first and look at the month afterwards, reading all the years of a place.
    source = f"""leaf
        CROSS JOIN LATERAL (
            SELECT * FROM ({parts}) AS part
            WHERE part.area_id = leaf.area_id
              AND part.counted_on >= leaf.month AND part.counted_on < leaf.next_month OFFSET 0) AS part"""
    owned = """JOIN ancestor_set ON ancestor_set.ancestor_set_id = area_ancestor_set.ancestor_set_id
                         AND ancestor_set.writing_area_id = leaf.writing_area_id"""
    return _cells(series, source, f"{owned} {_IN_OWNED}" if are_owned else owned)


def all_cells(series: Sequence[DefinedSeries], *, are_owned: bool = False) -> str:
    """Return the SELECT of all cells; of those that are owned, all in the areas `:owned`."""
    source = f"({parts_of_series(series, all_place_months)}) AS part"
    return _cells(series, source, _IN_OWNED if are_owned else "")


def _cells(series: Sequence[DefinedSeries], source: str, owned: str) -> str:
    recurs = series[0].definition.recurs
    is_finer = recurs is not None and recurs.each != "month"
    month = "part.counted_on" if is_finer else "date_trunc('month', part.counted_on)::date"
    return f"""
        SELECT series_id, part.area_id, {month} AS month,
               area_ancestor_set.ancestor_set_id,
               {_numerator(series)} AS numerator,
               {_denominator(series)} AS denominator,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out{_dues(series)}
        FROM {source}
        JOIN area_ancestor_set
          ON area_ancestor_set.area_id = part.area_id AND area_ancestor_set.valid @> part.counted_on
        {owned}
        WHERE reason IS NULL
           OR reason IN ({listed(COUNTED_APART)})
        GROUP BY 1, 2, 3, 4"""


def _dues(series: Sequence[DefinedSeries]) -> str:
    """Return how each commitment is: one is named alike in all of its areas, unless each is one of its own."""
    if any(one.definition.basis != "commitment" for one in series):
        return ""
    return """,
               jsonb_object_agg(
                   concat_ws(' ', part.commitment_id, part.counted_on, (
                       SELECT part.area_id FROM commitment AS c
                       WHERE c.commitment_id = part.commitment_id AND c.is_each_area)),
                   part.numerator) AS dues"""


def _numerator(series: Sequence[DefinedSeries]) -> str:
    """Return how the parts of a cell become its figure; a sum of nothing but unknowns stays unknown."""
    if all(one.definition.kind == "days" for one in series):
        return "count(DISTINCT counted_on) FILTER (WHERE reason IS NULL)"
    added = _zero_of_zero(series, "numerator")
    once = [one for one in series if one.definition.kind == "distinct"]
    return f"CASE WHEN series_id IN ({_ids(once)}) THEN 1 ELSE {added} END" if once else added


def _denominator(series: Sequence[DefinedSeries]) -> str:
    return _zero_of_zero(series, "denominator")


def _zero_of_zero(series: Sequence[DefinedSeries], column: str) -> str:
    """Return the sum of a column; of a share, of which nothing is known, it is 0 of 0, and of a count 0."""
    counts = [one for one in undated(series) if one.definition.kind == "count" and column == "numerator"]
    shares = [one for one in series if one.definition.is_share or one in counts]
    if len(shares) == len(series):
        return f"coalesce(sum({column}), 0)"
    if not shares:
        return f"sum({column})"
    return f"CASE WHEN series_id IN ({_ids(shares)}) THEN coalesce(sum({column}), 0) ELSE sum({column}) END"


def _ids(series: Sequence[DefinedSeries]) -> str:
    return ", ".join(str(one.series_id) for one in series)
