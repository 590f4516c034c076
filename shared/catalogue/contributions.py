"""An indicator definition as SQL over facts: one row per fact that the figure is about, and its part in it.

Columns: activity_id, commitment_id, area_id, counted_on (date), numerator, denominator, reason. Where `reason` is
given, the fact is left out and both figures are null. The API lists these rows, the worker sums them: one reading of a
definition. The statement takes one parameter, `:as_of` (date). It is text, so that the catalogue needs no database
library. Kinds made of observations have no parts: an observation is a figure already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.catalogue.limits import MOMENT_COLUMNS, deadline_reasons, due, is_work, proven
from shared.catalogue.place_months import coverage_parts, state_parts
from shared.catalogue.sql import (
    HOURS,
    activities,
    conditions_of_selection,
    conditions_on_activity,
    conditions_on_annex,
    listed,
    local_day,
    quoted,
    unknown_times,
)
from shared.domain.activity import NUMBER_PATTERN, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.catalogue.indicator import Condition, IndicatorDefinition, IndicatorSelection, Participants

# Reasons that are counted beside the figure: the case is real, but nothing can be said of it yet, or ever.
COUNTED_APART = (
    *("participantsUnknown", "hoursUnknown", "timeUnknown"),
    *("notStated", "notReported", "notYetDue", "startUnknown", "dateUnknown"),
)

_GROUP_COLUMNS = {
    name: f"a.participants_{column}" for name, column in zip(PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS, strict=True)
}


# The day of a case for its time shares, and of one that was done on a day that no one knows.
_CASE_ON = "coalesce(a.reported_on, a.period_on)"

# Lines up with the first case, for people who read what is compiled.
_NEXT_CASE = "\n                        "


class DefinedSeries(NamedTuple):
    """A series of the read model, and the definition that it is computed by."""

    series_id: int
    definition: IndicatorDefinition


def parts(definition: IndicatorDefinition, place_month: str = "place_month") -> str:
    """Return the SELECT of the parts of one indicator.

    States and coverage exist for places and months rather than for facts: they read those of the relation
    `place_month` (area_id, month), a table or a parenthesised SELECT.
    """
    if definition.kind == "state":
        rows = state_parts(definition, place_month)
    elif definition.kind == "coverage":
        rows = coverage_parts(definition, place_month)
    elif definition.kind == "commitments":
        rows = _commitment_parts(definition.selects, promises_only=definition.promises_only)
    else:
        rows = _activity_parts(definition)
        if definition.undated_types:
            rows += f" UNION ALL {_undated(definition, 'a.activity_id, NULL::integer AS commitment_id')}"
    return f"""
        SELECT activity_id, commitment_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM ({rows}) AS part{_where(_validity(definition, "counted_on"))}"""


def _undated(definition: IndicatorDefinition, ahead: str) -> str:
    """Return a row for each case that was done on a day that no one knows, where it was reported; `ahead` are columns.

    It is one of the figure, and of no period: so it is counted apart.
    """
    without = definition.selects.without_attribute
    conditions = [
        f"a.activity_type IN ({listed(definition.undated_types)})",
        "a.status = 'performed' AND a.period_on IS NULL AND a.reported_on IS NOT NULL AND a.duplicate_of IS NULL",
        *conditions_of_selection(definition),
        *_validity(definition, _CASE_ON),
        *([f"NOT a.attributes ? {quoted(without)}"] if without else []),
    ]
    return f"""
        SELECT {ahead}, a.area_id, {_CASE_ON} AS counted_on,
               NULL::integer AS numerator, NULL::integer AS denominator, 'dateUnknown' AS reason
        FROM {activities([definition])}{_where(conditions)}"""


def parts_of_series(series: Sequence[DefinedSeries], place_month: Callable[[IndicatorDefinition], str]) -> str:
    """Return the SELECT of the parts of several series that read the same types, each with its `series_id`.

    Each activity is read once for all series that count it on the same day. `place_month` gives the relation of the
    same name that `parts` reads.
    """
    reads: dict[str, list[DefinedSeries]] = {}
    selects = []
    for one in series:
        definition = one.definition
        if definition.basis == "activity":
            reads.setdefault(_counted_on(definition) + due(definition.deadline), []).append(one)
        else:
            rows = parts(definition, place_month(definition)) if definition.basis == "place" else parts(definition)
            which = ", commitment_id" if definition.basis == "commitment" else ""
            selects.append(
                f"""
        SELECT {one.series_id}::smallint AS series_id, area_id, counted_on, numerator, denominator, reason{which}
        FROM ({rows}) AS part"""
            )
    selects += [_undated(one.definition, f"{one.series_id}::smallint AS series_id") for one in undated(series)]
    return " UNION ALL ".join([*map(_read_once, reads.values()), *selects])


def undated(series: Sequence[DefinedSeries]) -> list[DefinedSeries]:
    """Return those that count a case apart which was done on a day that no one knows."""
    return [one for one in series if one.definition.undated_types]


def _read_once(series: Sequence[DefinedSeries]) -> str:
    """Return the SELECT of the parts of series that read the same activities and count them on the same day."""
    definition = series[0].definition
    return f"""
        SELECT series_id, a.area_id, {_counted_on(definition)} AS counted_on,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator, reason
        FROM {activities([one.definition for one in series])}{due(definition.deadline)}
        CROSS JOIN LATERAL ({" UNION ALL".join(map(_counted_in, series))}
        ) AS counted
        WHERE a.activity_type IN ({listed(definition.activity_types)})"""


def _counted_in(series: DefinedSeries) -> str:
    definition = series.definition
    conditions = [*conditions_of_selection(definition), *_validity(definition, _counted_on(definition))]
    return f"""
            SELECT {series.series_id}::smallint AS series_id,
                   {_numerator(definition)} AS numerator,
                   {_denominator(definition)} AS denominator,
                   {_reason(definition)} AS reason{_where(conditions)}"""


def _where(conditions: Sequence[str]) -> str:
    return f"\n            WHERE {' AND '.join(conditions)}" if conditions else ""


def _validity(definition: IndicatorDefinition, day: str) -> list[str]:
    bounds = {">=": definition.valid_from, "<=": definition.valid_to}
    return [f"{day} {sign} date '{bound}'" for sign, bound in bounds.items() if bound is not None]


def _activity_parts(definition: IndicatorDefinition) -> str:
    return f"""SELECT a.activity_id, NULL::integer AS commitment_id, a.area_id,
                     {_counted_on(definition)} AS counted_on, {_numerator(definition)} AS numerator,
                     {_denominator(definition)} AS denominator, {_reason(definition)} AS reason
              FROM {activities([definition])}{due(definition.deadline)}
              WHERE {" AND ".join(conditions_on_activity(definition))}"""


def _counted_on(definition: IndicatorDefinition) -> str:
    if definition.recurs is not None:
        return _day_of_span(definition.recurs.each, local_day(definition.day_ends_at))
    if definition.deadline is None:
        return local_day(definition.day_ends_at)
    return f"coalesce({MOMENT_COLUMNS[definition.deadline.after]}, a.period_on)"


def _day_of_span(each: str, day: str) -> str:
    """Return the day that a day counts on: of a week, all count on its Thursday, whose month and year it is of."""
    return f"(date_trunc('week', {day}) + interval '3 days')::date" if each == "week" else day


def _numerator(definition: IndicatorDefinition) -> str:
    if definition.sums is not None:
        return _stated_number(definition.sums.attribute) if definition.sums.attribute else _attendances(definition.sums)
    if definition.meets is not None:
        return f"({_met(definition.meets)})::integer * a.count"
    if definition.items is not None:
        done = """'$[*] ? (@.state == "done")'"""
        return f"jsonb_array_length(jsonb_path_query_array(a.attributes -> {quoted(definition.items)}, {done}))"
    if definition.deadline is not None:
        performed = "a.status = 'performed' AND " if is_work(definition.deadline) else ""
        return f"({performed}coalesce({proven(definition.deadline)}, false))::integer * a.count"
    return "a.count"


def _denominator(definition: IndicatorDefinition) -> str:
    if definition.items is not None:
        return f"jsonb_array_length(a.attributes -> {quoted(definition.items)})"
    return "a.count" if definition.is_share else "NULL::integer"


def _met(condition: Condition) -> str:
    """Return the condition in SQL; what it needs to know is known, else the activity is left out."""
    met = [f"a.attributes ->> {quoted(name)} IN ({listed(values)})" for name, values in condition.attributes.items()]
    if condition.participants is not None:
        met.append(f"{_attendances(condition.participants)} >= {condition.at_least}")
    return " AND ".join(met)


def _stated_number(attribute: str) -> str:
    """Return the number that an attribute states; null where it is none, as of a type that meant something else."""
    stated = f"a.attributes ->> {quoted(attribute)}"
    return f"CASE WHEN {stated} ~ '^{NUMBER_PATTERN}$' THEN ({stated})::bigint END"


def _attendances(participants: Participants) -> str:
    added = " + ".join(f"coalesce({_GROUP_COLUMNS[group]}, 0)" for group in participants.groups)
    return f"round(({added}) * {HOURS}, 4)" if participants.times_hours else added


def _reason(definition: IndicatorDefinition) -> str:
    cases = ["WHEN a.duplicate_of IS NOT NULL THEN 'duplicate'", "WHEN a.status = 'cancelled' THEN 'cancelled'"]
    if definition.deadline is not None:
        cases += deadline_reasons(definition.deadline)
    else:
        cases.append("WHEN a.status <> 'performed' THEN 'notPerformed'")
    cases += [f"WHEN {unknown} THEN '{reason}'" for unknown, reason in unknown_times(definition.selects)]
    if definition.selects.without_attribute:
        cases.append(f"WHEN a.attributes ? {quoted(definition.selects.without_attribute)} THEN 'notOfThisKind'")
    if definition.items is not None:
        cases.append(f"WHEN NOT a.attributes ? {quoted(definition.items)} THEN 'notStated'")
    for attribute in definition.meets.attributes if definition.meets else ():
        cases.append(f"WHEN NOT a.attributes ? {quoted(attribute)} THEN 'notStated'")
    counted = definition.meets.participants if definition.meets is not None else definition.sums
    if definition.sums is not None and definition.sums.attribute:
        cases.append(f"WHEN ({_stated_number(definition.sums.attribute)}) IS NULL THEN 'notStated'")
    elif counted is not None:
        columns = ", ".join(_GROUP_COLUMNS[group] for group in counted.groups)
        # Of several at once the participants are those of all: how many each had, and for how long, is unknown.
        each = " OR a.count > 1" if definition.meets is not None else ""
        cases.append(f"WHEN num_nonnulls({columns}) = 0{each} THEN 'participantsUnknown'")
        if counted.times_hours:
            cases.append(f"WHEN {HOURS} IS NULL OR a.count > 1 THEN 'hoursUnknown'")
    return f"CASE {_NEXT_CASE.join(cases)} END"


def _commitment_parts(selects: IndicatorSelection, *, promises_only: bool) -> str:
    """Return a row for each area and due date of each commitment, with 1 where it is fulfilled there.

    Those that fall due in a month that has not begun have none yet.
    """
    conditions = ["date_trunc('month', due_on) <= :as_of"]
    if promises_only:
        conditions.append("c.is_promise")
    conditions += conditions_on_annex(selects)
    return f"""SELECT NULL::uuid AS activity_id, c.commitment_id, area_id, due_on AS counted_on,
                     is_fulfilled::integer AS numerator, 1 AS denominator,
                     CASE WHEN c.withdrawn_on <= due_on THEN 'withdrawn'
                          WHEN due_on >= :as_of THEN 'notYetDue' END AS reason
              FROM commitment AS c
              JOIN commitment_progress USING (commitment_id)
              LEFT JOIN annex ON annex.agreement_id = c.agreement_id AND annex.number = c.annex_number
              WHERE {" AND ".join(conditions)}"""
