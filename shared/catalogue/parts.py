"""An indicator definition as SQL over activities: one row per activity that the figure is about, and its part in it.

Columns: activity_id, area_id, counted_on (date), numerator, denominator, reason. Where `reason` is given, the activity
is left out and both figures are null. The API lists these rows, the worker sums them: one reading of a definition.
The statement takes one parameter, `:as_of` (date). It is text, so that the catalogue needs no database library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.catalogue.indicator import Deadline, IndicatorDefinition, Participants

# Reasons that are counted beside the figure: the case is real, but nothing can be said of it yet, or ever.
COUNTED_APART = ("participantsUnknown", "notReported", "notYetDue", "startUnknown")

_MOMENT_COLUMNS = {name: f"a.{column}_on" for name, column in zip(MOMENT_NAMES, MOMENTS, strict=True)}
_GROUP_COLUMNS = {
    name: f"a.participants_{column}" for name, column in zip(PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS, strict=True)
}


def parts(definition: IndicatorDefinition) -> str:
    """Return the SELECT of the parts of one indicator."""
    return f"""
        SELECT activity_id, area_id, counted_on, reason,
               CASE WHEN reason IS NULL THEN numerator END AS numerator,
               CASE WHEN reason IS NULL THEN denominator END AS denominator
        FROM (SELECT a.activity_id, a.area_id, {_counted_on(definition)} AS counted_on,
                     {_numerator(definition)} AS numerator,
                     {"1" if definition.kind == "share" else "NULL::integer"} AS denominator,
                     {_reason(definition)} AS reason
              FROM activity AS a {_due(definition.deadline)}
              WHERE {" AND ".join(_conditions(definition))}) AS part"""


def _counted_on(definition: IndicatorDefinition) -> str:
    if definition.deadline is None:
        return "a.period_on"
    return f"coalesce({_MOMENT_COLUMNS[definition.deadline.after]}, a.period_on)"


def _numerator(definition: IndicatorDefinition) -> str:
    if definition.sums is not None:
        return _attendances(definition.sums)
    if definition.meets is not None:
        return f"({_attendances(definition.meets.participants)} >= {definition.meets.at_least})::integer"
    if definition.deadline is not None:
        return f"(a.status = 'performed' AND {_proof(definition.deadline)} <= due.day)::integer"
    return "1"


def _attendances(participants: Participants) -> str:
    return " + ".join(f"coalesce({_GROUP_COLUMNS[group]}, 0)" for group in participants.groups)


def _proof(deadline: Deadline) -> str:
    """Return what shows when the work was taken up: the moment itself, else the one that proves it."""
    by = _MOMENT_COLUMNS[deadline.by]
    return f"coalesce({by}, {_MOMENT_COLUMNS[deadline.else_by]})" if deadline.else_by else by


def _reason(definition: IndicatorDefinition) -> str:
    cases = ["WHEN a.status = 'cancelled' THEN 'cancelled'"]
    if definition.deadline is not None:
        cases += _deadline_reasons(definition.deadline)
    else:
        cases.append("WHEN a.status <> 'performed' THEN 'notPerformed'")
    if definition.selects.without_attribute:
        cases.append(f"WHEN a.attributes ? {_quoted(definition.selects.without_attribute)} THEN 'notOfThisKind'")
    counted = definition.meets.participants if definition.meets is not None else definition.sums
    if counted is not None:
        columns = ", ".join(_GROUP_COLUMNS[group] for group in counted.groups)
        cases.append(f"WHEN num_nonnulls({columns}) = 0 THEN 'participantsUnknown'")
    return f"CASE {' '.join(cases)} END"


def _deadline_reasons(deadline: Deadline) -> list[str]:
    late_or_unknown = f"coalesce({_MOMENT_COLUMNS[deadline.else_by]} > due.day, true)" if deadline.else_by else "true"
    by = _MOMENT_COLUMNS[deadline.by]
    return [
        f"WHEN {_MOMENT_COLUMNS[deadline.after]} IS NULL THEN 'notReported'",
        "WHEN due.day >= :as_of THEN 'notYetDue'",
        f"WHEN a.status = 'performed' AND {by} IS NULL AND {late_or_unknown} THEN 'startUnknown'",
    ]


def _due(deadline: Deadline | None) -> str:
    """Join the end of the time limit: the so-manieth working day after the moment."""
    if deadline is None:
        return ""
    return f"""
              LEFT JOIN calendar_day AS known ON known.day = {_MOMENT_COLUMNS[deadline.after]}
              LEFT JOIN calendar_day AS due
                ON due.is_working AND due.ordinal = known.ordinal + {deadline.working_days}"""


def _conditions(definition: IndicatorDefinition) -> list[str]:
    conditions = [f"a.activity_type IN ({_list(definition.activity_types)})"]
    for name, values in definition.selects.attributes.items():
        conditions.append(f"a.attributes ->> {_quoted(name)} IN ({_list(values)})")
    return conditions


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(_quoted, values))


def _quoted(text: str) -> str:
    """Quote a literal; the catalogue's patterns admit no quotes, and this does not rely on it."""
    return "'" + text.replace("'", "''") + "'"
