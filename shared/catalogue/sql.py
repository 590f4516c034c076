"""The pieces of SQL that the kinds of figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.catalogue.times import WEEKDAYS
from shared.domain.activity import HOURS_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.catalogue.indicator import IndicatorDefinition, IndicatorSelection
    from shared.catalogue.times import SelectedTimes

# The hours that are stated, else those from start to end. A type of a municipality's own may mean something else by the
# same name, so that the text need not be a number.
_STATED_HOURS = "a.attributes ->> 'hours'"
HOURS = (
    f"coalesce(CASE WHEN {_STATED_HOURS} ~ '^{HOURS_PATTERN}$' THEN ({_STATED_HOURS})::numeric END, "
    "extract(epoch FROM a.end_at - a.start_at) / 3600)"
)
_LOCAL = "(a.start_at AT TIME ZONE 'Europe/Stockholm')"


def activities(definitions: Iterable[IndicatorDefinition]) -> str:
    """Return the FROM item of activities `a`, with the annex that they were reported under where one is selected."""
    if any(definition.selects.annex or definition.selects.annex_code for definition in definitions):
        return """activity AS a
              LEFT JOIN annex ON annex.agreement_id = a.agreement_id AND annex.number = a.annex_number"""
    return "activity AS a"


def conditions_on_activity(definition: IndicatorDefinition) -> list[str]:
    """Return what an activity `a` must be for the figure to be about it at all."""
    return [f"a.activity_type IN ({listed(definition.activity_types)})", *conditions_of_selection(definition)]


def conditions_of_selection(definition: IndicatorDefinition) -> list[str]:
    """Return which activities `a` of the definition's types are selected; see `unknown_times` for those untold."""
    selected = definition.selects.attributes
    conditions = [f"a.attributes ->> {quoted(name)} IN ({listed(values)})" for name, values in selected.items()]
    return [*conditions, *conditions_on_annex(definition.selects), *_conditions_on_times(definition)]


def conditions_on_annex(selects: IndicatorSelection) -> list[str]:
    """Return which `annex` it must be reported under."""
    conditions = []
    if selects.annex:
        conditions.append(f"annex.theme = {quoted(selects.annex)}")
    if selects.annex_code:
        conditions.append(f"annex.code = {quoted(selects.annex_code)}")
    return conditions


def known_conditions(definition: IndicatorDefinition) -> list[str]:
    """Return what an activity `a` must be to count where nothing is left out: also its times are known."""
    known_times = [f"NOT ({condition})" for condition, _ in unknown_times(definition.selects)]
    return conditions_on_activity(definition) + known_times


def unknown_times(selects: SelectedTimes) -> list[tuple[str, str]]:
    """Return when it is unknown whether an activity `a` is of the times selected, each with the reason."""
    unknown = [("a.start_at IS NULL", "timeUnknown")] if selects.from_time else []
    # How long each of several took is unknown.
    return unknown + ([(f"{HOURS} IS NULL OR a.count > 1", "hoursUnknown")] if selects.at_least_minutes else [])


def _conditions_on_times(definition: IndicatorDefinition) -> list[str]:
    selects, conditions = definition.selects, []
    if selects.weekdays:
        night = selects.to_time if selects.is_over_midnight else None
        numbers = ", ".join(str(WEEKDAYS.index(day) + 1) for day in selects.weekdays)
        conditions.append(f"extract(isodow FROM {local_day(definition.day_ends_at or night)}) IN ({numbers})")
    if selects.from_time and selects.to_time:
        joint = "OR" if selects.is_over_midnight else "AND"
        hours = f"{_LOCAL}::time >= '{selects.from_time}' {joint} {_LOCAL}::time < '{selects.to_time}'"
        conditions.append(f"(a.start_at IS NULL OR {hours})")
    if selects.at_least_minutes:
        conditions.append(f"(a.count > 1 OR coalesce(round({HOURS} * 60, 4) >= {selects.at_least_minutes}, true))")
    return conditions


def local_day(ends_at: str | None) -> str:
    """Return the day on which an activity `a` counts, where a day ends so late after midnight by the local clock."""
    if ends_at is None:
        return "a.period_on"
    return f"CASE WHEN a.start_at IS NULL THEN a.period_on ELSE ({_LOCAL} - interval '{ends_at}')::date END"


def listed(values: Iterable[str]) -> str:
    """Return literals with commas between them."""
    return ", ".join(map(quoted, values))


def quoted(text: str) -> str:
    """Quote a literal; the catalogue's patterns admit no quotes, and this does not rely on it."""
    return "'" + text.replace("'", "''") + "'"
