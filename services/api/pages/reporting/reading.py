"""From what a form has sent to an activity as the API takes it, and from a stored activity to a form."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.api.pages.reporting.fields import moments_of
from shared.domain.errors import Violation
from shared.domain.period import STOCKHOLM
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from services.api.pages.forms import Form
    from services.api.pages.reporting.fields import ReportForm

SOURCE = "form"
"""By which source what is reported on a page is known."""

# As people write numbers: blanks between thousands, and a comma.
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_TIME = re.compile(r"([0-9]{1,2})[.:]([0-9]{2})")
_ONE_DAY = timedelta(days=1)


class FormReader:
    """What a form has sent, field by field; `faults` are those of fields that cannot be read."""

    def __init__(self, form: Form, report_form: ReportForm) -> None:
        self._form = form
        self._report_form = report_form
        self.faults: list[Violation] = []

    def activity(self) -> dict[str, Any]:
        """Return what was filled in, by the API's names; place, agreement and annex are looked up elsewhere."""
        sent: dict[str, Any] = {
            "source": SOURCE,
            "type": self._report_form.type.code,
            "status": self._form["status"] or "performed",
            **dict(self._moments()),
        }
        fields = {field.name: field for field in self._report_form.fields}
        attributes, participants = {}, {}
        for name, field in fields.items():
            value = self._value(name, field.input)
            if value is None or field.input in {"date", "time"}:
                continue
            whole, _, part = name.partition(".")
            if whole == "attributes":
                attributes[part] = value
            elif whole == "participants":
                participants[part] = value
            else:
                sent[name] = value
        self.faults += self._unknown(fields)
        return sent | {"attributes": attributes} | ({"participants": participants} if participants else {})

    def _unknown(self, known: Collection[str]) -> Iterator[Violation]:
        """Yield what was filled in that the type no longer takes: a form may be older than its definition."""
        for name in self._form.filled_in():
            whole = name.removesuffix(".done")
            if whole.startswith(("attributes.", "participants.")) and whole not in known:
                yield Violation(name, "is no longer asked for", "Open the form anew, and fill it in there.")

    def _value(self, name: str, kind: str) -> Any:  # noqa: ANN401  as the API takes it
        text = self._form[name]
        if kind == "items":
            return self._items(name)
        if not text:
            return None
        if kind == "whole":
            return self._whole(name, text)
        if kind == "decimal":
            return self._decimal(name, text)
        return text

    def _whole(self, name: str, text: str) -> int | str | None:
        digits = _BLANKS.sub("", text)
        if not _WHOLE.fullmatch(digits):
            self.faults.append(Violation(name, "is not a whole number", "Write it in digits, such as 12."))
            return None
        return digits if name.startswith("attributes.") else int(digits)

    def _decimal(self, name: str, text: str) -> float | str | None:
        digits = _BLANKS.sub("", text).replace(",", ".")
        if not _DECIMAL.fullmatch(digits):
            self.faults.append(Violation(name, "is not a number", "Write it in digits, such as 1 250,50."))
            return None
        number = Decimal(digits)
        return format(number, "f") if name.startswith("attributes.") else float(number)

    def _items(self, name: str) -> list[dict[str, str]] | None:
        texts, done = self._form.every(name), {*self._form.every(f"{name}.done")}
        items = [
            {"item": text, "state": "done" if str(place) in done else "open"}
            for place, text in enumerate(texts)
            if text
        ]
        return items or None

    def _moments(self) -> Iterator[tuple[str, str]]:
        """Yield each moment with its date, or its time in UTC where one is given.

        An end without a day is on that of the start, or on the next one if it is earlier: a shift over midnight.
        """
        given = {moment: (self._date(moment), self._time(moment)) for moment in moments_of(self._report_form)}
        for moment, (written, at) in given.items():
            is_end_of_day = moment == "end" and written is None and at is not None
            day = _day_of_end(*given.get("start", (None, None)), at) if is_end_of_day else written
            if day is None:
                continue
            if at is None:
                yield moment, day.isoformat()
            elif (instant := _in_utc(day, at)) is None:
                remedy = "The clocks are set forward then. Give another time."
                self.faults.append(Violation(f"{moment}-time", "does not exist on that day", remedy))
            else:
                yield moment, instant

    def _date(self, moment: str) -> date | None:
        text = self._form[moment]
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.faults.append(Violation(moment, "is no date", "Write it as year, month and day, such as 2026-05-03."))
            return None
        if CALENDAR_FIRST <= day <= CALENDAR_LAST:
            return day
        self.faults.append(
            Violation(moment, "lies outside the calendar", f"Give a day within {CALENDAR_FIRST} to {CALENDAR_LAST}.")
        )
        return None

    def _time(self, moment: str) -> time | None:
        text = self._form[f"{moment}-time"]
        if not text:
            return None
        found = _TIME.fullmatch(text)
        try:
            return time(int(found[1]), int(found[2])) if found else time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            self.faults.append(Violation(f"{moment}-time", "is no time", "Write it as hours and minutes: 14.30."))
            return None


def filled_in_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored activity, as the API shows it, as the values of its form."""
    values: dict[str, Any] = {"status": entry["status"]}
    for moment in ("start", "end", "reported", "policeReported", "completed"):
        values |= _of_moment(moment, entry[moment])
    values |= {f"participants.{group}": str(number) for group, number in entry["participants"].items()}
    values |= {f"attributes.{name}": value for name, value in entry["attributes"].items()}
    if entry["cost"] is not None:
        values["cost"] = f"{entry['cost']:.2f}".replace(".", ",").removesuffix(",00")
    if entry["count"] > 1:
        values["count"] = str(entry["count"])
    return values | {"note": entry["note"] or ""}


def local_day(moment: date | str) -> date:
    """Return the day of a moment as the API has it: a date, or a text of a date or of a time with its zone."""
    return date.fromisoformat(_of_moment("day", moment)["day"])


def corrected(entry: Mapping[str, Any], sent: Mapping[str, Any], form: ReportForm) -> dict[str, Any]:
    """Return what a form has sent as a correction of a stored activity: what the form does not have stays.

    So do its source and id there, and a moment that is the same as far as the form can say it.
    """
    fields = {field.name for field in form.fields}
    known = {name: entry[name] for name in ("source", "externalId")}
    if entry["agreement"] == sent.get("agreement"):
        known |= {name: entry[name] for name in ("commitment", "commitments")}
    attributes = {
        name: value
        for name, value in entry["attributes"].items()
        if name in form.type.attributes and f"attributes.{name}" not in fields
    }
    known["attributes"] = attributes | sent["attributes"]
    for name in moments_of(form):
        said, former = (
            {field: value for field, value in _of_moment(name, moment).items() if field in fields}
            for moment in (sent.get(name), entry[name])
        )
        if said == former and entry[name] is not None:
            known[name] = str(entry[name])
    return {**sent, **known}


def _of_moment(name: str, moment: date | str | None) -> dict[str, str]:
    """Return the fields of a moment: a date, or a text of a date or of a time with its zone."""
    if moment is None:
        return {}
    if isinstance(moment, date) or len(moment) == len("2026-05-03"):
        return {name: str(moment)}
    local = datetime.fromisoformat(moment).astimezone(STOCKHOLM)
    return {name: local.date().isoformat(), f"{name}-time": local.strftime("%H:%M")}


def _day_of_end(start: date | None, start_time: time | None, end_time: time | None) -> date | None:
    if start is None or start_time is None or end_time is None or end_time >= start_time:
        return start
    return start + _ONE_DAY


def _in_utc(day: date, at: time) -> str | None:
    """Return a time of Stockholm's in UTC, of one that is there twice the first; None for one that is skipped."""
    local = datetime.combine(day, at, STOCKHOLM)
    instant = local.astimezone(UTC)
    return (
        instant.isoformat()
        if instant.astimezone(STOCKHOLM).replace(tzinfo=None) == local.replace(tzinfo=None)
        else None
    )
