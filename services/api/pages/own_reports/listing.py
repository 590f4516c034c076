"""Reports in a list, the latest first: a page of them, by what the address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import func, select, text

from services.api.pages.forms import day_or_none
from services.api.pages.reporting.visibility import Whose, condition_of, parameters_of
from services.api.pages.routing import page_number
from shared.db.tables import activity, area
from shared.domain.activity import STATUSES
from shared.domain.errors import UnknownActivity
from shared.domain.wording import Language
from shared.expectations.planned import PLANNED_ON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.people.sessions import Person

ON_A_PAGE = 25
# What lies further back is found by a filter.
LAST_PAGE = 400
LONGEST_ASKED = 100
_IN_PLACE = """activity.area_id IN (
    SELECT descendant_id FROM area_closure JOIN area AS named ON named.area_id = ancestor_id
    WHERE strpos(lower(concat_ws(chr(10), named.name, named.name_en)), lower(:place)) > 0)"""
# The day that a report is of, also while it does not count.
_happened_on = func.coalesce(
    activity.c.period_on, activity.c.reported_on, activity.c.start_on, activity.c.completed_on, activity.c.end_on
)


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What an address asks for; None is any. `unreadable` are the parameters that are no days."""

    whose: Whose = Whose.OWN
    activity_type: str | None = None
    place: str | None = None
    status: str | None = None
    first: date | None = None
    last: date | None = None
    page: int = 1
    unreadable: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        """Whether some reports are left out."""
        return any((self.activity_type, self.place, self.status, self.first, self.last))

    @property
    def pages(self) -> str:
        """The address of a page of the same list, up to its number."""
        days = {name: day.isoformat() for name, day in (("fran", self.first), ("till", self.last)) if day}
        texts = {"typ": self.activity_type, "plats": self.place, "status": self.status}
        filters = {name: value for name, value in texts.items() if value}
        return f"/mina-rapporter?{urlencode({'visa': self.whose, **filters, **days, 'sida': ''})}"


@dataclass(frozen=True, slots=True)
class ListedReport:
    """One report of a list."""

    activity_id: UUID
    activity_type: str
    place: str
    status: str
    day: date | None
    # In which way it counts: the key of a text.
    counts: str


def asked_of(query: Mapping[str, str], choices: Sequence[Whose]) -> ReportFilter:
    """Read an address; what cannot be meant is left out."""
    texts = {name: value.replace("\0", "").strip()[:LONGEST_ASKED] for name, value in query.items()}
    whose = next((one for one in choices if one == texts.get("visa")), choices[0])
    days = {name: day_or_none(texts.get(name, "")) for name in ("fran", "till")}
    return ReportFilter(
        whose=whose,
        activity_type=texts.get("typ") or None,
        place=texts.get("plats") or None,
        status=next((one for one in STATUSES if one == texts.get("status")), None),
        first=days["fran"],
        last=days["till"],
        page=page_number(texts.get("sida", ""), LAST_PAGE),
        unreadable=tuple(name for name, day in days.items() if day is None and texts.get(name)),
    )


async def reports_of(
    connection: AsyncConnection, person: Person, asked: ReportFilter, today: date, language: Language
) -> tuple[list[ListedReport], bool]:
    """Return a page of reports, and whether there are more."""
    statement = (
        _select(today, language)
        .where(text(condition_of(asked.whose)), *_conditions(asked))
        .order_by(activity.c.activity_id.desc())
        .limit(ON_A_PAGE + 1)
        .offset((asked.page - 1) * ON_A_PAGE)
    )
    parameters = parameters_of(person) | {"place": asked.place}
    rows = (await connection.execute(statement, parameters)).mappings().all()
    return [_report(row) for row in rows[:ON_A_PAGE]], len(rows) > ON_A_PAGE


async def report_with_id(
    connection: AsyncConnection, activity_id: UUID, today: date, language: Language
) -> ListedReport:
    """Return a report as a list has it.

    Raises:
        UnknownActivity: there is none any more.
    """
    statement = _select(today, language).where(activity.c.activity_id == activity_id)
    row = (await connection.execute(statement)).mappings().one_or_none()
    if row is None:
        raise UnknownActivity
    return _report(row)


def _select(today: date, language: Language) -> Select[Any]:
    columns = activity.c
    return select(
        columns.activity_id,
        columns.activity_type,
        columns.status,
        columns.period_on,
        columns.duplicate_of,
        (func.coalesce(area.c.name_en, area.c.name) if language is Language.EN else area.c.name).label("place"),
        _happened_on.label("day"),
        (today > PLANNED_ON).label("is_past"),
    ).join(area, area.c.area_id == columns.area_id)


def _conditions(asked: ReportFilter) -> list[ColumnElement[bool]]:
    wanted = ((activity.c.activity_type, asked.activity_type), (activity.c.status, asked.status))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if asked.first is not None:
        conditions.append(_happened_on >= asked.first)
    if asked.last is not None:
        conditions.append(_happened_on <= asked.last)
    if asked.place is not None:
        conditions.append(text(_IN_PLACE))  # type: ignore[arg-type]  # a condition, too
    return conditions


def _report(row: Mapping[Any, Any]) -> ListedReport:
    return ListedReport(
        row["activity_id"], row["activity_type"], row["place"], row["status"], row["day"], _counting(row)
    )


def _counting(row: Mapping[Any, Any]) -> str:
    if row["duplicate_of"] is not None:
        return "duplicate"
    if row["status"] == "planned":
        return "past" if row["is_past"] else "planned"
    if row["status"] == "cancelled":
        return "cancelled"
    return "undated" if row["period_on"] is None else "counts"
