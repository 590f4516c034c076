"""A time limit as SQL: when it ends, what is in time, and why nothing can be said of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.activity import MOMENT_NAMES, MOMENTS

if TYPE_CHECKING:
    from shared.catalogue.times import Deadline

MOMENT_COLUMNS = {name: f"a.{column}_on" for name, column in zip(MOMENT_NAMES, MOMENTS, strict=True)}
_TIME_COLUMNS = {name: f"a.{column}_at" for name, column in zip(MOMENT_NAMES, MOMENTS, strict=True)}


def is_work(deadline: Deadline) -> bool:
    """Tell whether the limit is for the work itself; whether the police were told does not hang on its being done."""
    return deadline.by != "policeReported"


def proven(deadline: Deadline) -> str:
    """Return what shows that it was in time: the moment itself, else the one that proves it."""
    by = MOMENT_COLUMNS[deadline.by]
    if deadline.working_days is not None:
        proof = f"coalesce({by}, {MOMENT_COLUMNS[deadline.else_by]})" if deadline.else_by else by
        return f"{proof} <= due.day"
    if not deadline.else_by:
        return _by_the_clock(deadline.by)
    return f"CASE WHEN {by} IS NULL THEN {_by_the_clock(deadline.else_by)} ELSE {_by_the_clock(deadline.by)} END"


def _by_the_clock(moment: str) -> str:
    """Return that a moment is within a limit in hours or minutes; a day without a time is, if it ended before."""
    return f"coalesce({_TIME_COLUMNS[moment]} <= due.at, {MOMENT_COLUMNS[moment]} < due.day)"


def deadline_reasons(deadline: Deadline) -> list[str]:
    """Return the cases of a CASE that say why a case is left out."""
    reasons = [
        f"WHEN {MOMENT_COLUMNS[deadline.after]} IS NULL THEN 'notReported'",
        *([] if deadline.working_days else [f"WHEN {_TIME_COLUMNS[deadline.after]} IS NULL THEN 'timeUnknown'"]),
        "WHEN due.day >= :as_of THEN 'notYetDue'",
    ]
    if not deadline.working_days:
        day, time = MOMENT_COLUMNS[deadline.by], _TIME_COLUMNS[deadline.by]
        reasons.append(f"WHEN {time} IS NULL AND {day} = due.day THEN 'timeUnknown'")
    if is_work(deadline):
        unproven = f"NOT coalesce({proven(deadline)}, false)" if deadline.else_by else "true"
        by = MOMENT_COLUMNS[deadline.by]
        reasons.append(f"WHEN a.status = 'performed' AND {by} IS NULL AND {unproven} THEN 'startUnknown'")
    return reasons


def due(deadline: Deadline | None) -> str:
    """Join the end of the time limit: the so-manieth working day after the moment, or a time and its day."""
    if deadline is None:
        return ""
    minutes = deadline.limit.minutes
    if minutes is not None:
        ends = f"{_TIME_COLUMNS[deadline.after]} + interval '{minutes} minutes'"
        return f"""
              CROSS JOIN LATERAL (
                  SELECT {ends} AS at, (({ends}) AT TIME ZONE 'Europe/Stockholm')::date AS day) AS due"""
    return f"""
              LEFT JOIN calendar_day AS known ON known.day = {MOMENT_COLUMNS[deadline.after]}
              LEFT JOIN calendar_day AS due
                ON due.is_working AND due.ordinal = known.ordinal + {deadline.working_days}"""
