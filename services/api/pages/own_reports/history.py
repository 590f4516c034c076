"""What has become of a report: who changed what of it and when, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.pages.area_names import area_names_by_id
from services.api.pages.reporting.reading import filled_in_of
from services.api.pages.reporting.said import differing, words_of
from services.api.pages.texts import translator
from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS
from shared.domain.period import STOCKHOLM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.reporting.fields import ReportForm
    from services.api.pages.reporting.said import Words
    from shared.domain.wording import Language
    from shared.people.sessions import Person

_CHANGES = text("SELECT * FROM history_of_activity(:activity_id)")
# Who reported it by a form, or uploaded the sheet that it was in.
_FIRST = text(
    """SELECT recorded_at, coalesce(person_report.person_id, person.person_id) AS person_id
       FROM activity LEFT JOIN person_report USING (activity_id) LEFT JOIN file_import USING (import_id)
            LEFT JOIN person ON person.person_id = sent_by
       WHERE activity_id = :activity_id"""
)
_ANNEXES = text(
    """SELECT agreement_id, number, title, coalesce(title_en, title) AS title_en FROM annex
       WHERE agreement_id = ANY(:ids)"""
)
_BY_PERSON = "person/"
# What acts without being anybody's system: commands and a database's own accounts, which may be named after people.
_BY_OPERATOR = ("commands/", "database/", "worker")


@dataclass(frozen=True, slots=True)
class ReportChange:
    """One change of a report: when, by whom in words, and each field's name with what it said before and says now.

    `what` is the key of a text. `differences` are triples; None is where nothing was said.
    """

    at: datetime
    who: str
    what: str
    differences: tuple[tuple[str, str | None, str | None], ...] = ()


class _Names:
    """What areas and annexes are called that contents name by ids of ours."""

    def __init__(self, areas: Mapping[int, str], annexes: Mapping[tuple[int, int], str]) -> None:
        self.areas = areas
        self.annexes = annexes


async def history_of(
    connection: AsyncConnection, person: Person, activity_id: UUID, form: ReportForm, language: Language
) -> list[ReportChange]:
    """Return what has become of a report that the person sees, the latest first."""
    rows = (await connection.execute(_CHANGES, {"activity_id": activity_id})).all()
    names = await _names(connection, [one for row in rows for one in (row.before, row.after) if one], language)
    changes = [
        change
        for row in rows
        if row.operation == "changed" and (change := _change(row, person, names, form, language)) is not None
    ]
    created = next((row for row in rows if row.operation == "created"), None)
    if created is not None:
        who = actor_in_words(created.actor, created.actor_name, person, language)
        return [*changes, ReportChange(_local(created.recorded_at), who, "history.created")]
    # It is not in the trail yet.
    first = (await connection.execute(_FIRST, {"activity_id": activity_id})).one()
    t = translator(language)
    if first.person_id is not None:
        who = t("history.you") if first.person_id == person.person_id else t("history.other")
    else:
        who = t("history.system")
    return [*changes, ReportChange(_local(first.recorded_at), who, "history.created")]


def _change(row: Row[Any], person: Person, names: _Names, form: ReportForm, language: Language) -> ReportChange | None:
    """Return a change in words; None for one of what no form has."""
    at, who = _local(row.recorded_at), actor_in_words(row.actor, row.actor_name, person, language)
    if row.before is None or row.after is None:
        return ReportChange(at, who, "history.changed")
    before, after = (_words(content, names, form, language) for content in (row.before, row.after))
    differences = tuple((label, former, latter) for _, label, former, latter in differing(before, after))
    if differences:
        return ReportChange(at, who, "history.changed", differences)
    if (former := row.before.get("duplicate_of")) != (latter := row.after.get("duplicate_of")) and None in {
        former,
        latter,
    }:
        return ReportChange(at, who, "history.linked" if former is None else "history.unlinked")
    return None


def _words(content: Mapping[str, Any], names: _Names, form: ReportForm, language: Language) -> Words:
    """Return what a row of the trail says, as it would be said of the report; sealed, it lacks what is null."""
    groups = zip(PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS, strict=True)
    participants = {name: content.get(f"participants_{group}") for name, group in groups}
    values = filled_in_of(
        {
            "status": content["status"],
            "participants": {name: number for name, number in participants.items() if number is not None},
            "attributes": content["attributes"],
            "cost": content.get("cost"),
            "count": content["count"],
            "note": content.get("note"),
            **{
                name: content.get(f"{moment}_at") or content.get(f"{moment}_on")
                for name, moment in zip(MOMENT_NAMES, MOMENTS, strict=True)
            },
        }
    )
    values["place"] = names.areas.get(content["area_id"], "")
    if (annex := content.get("annex_number")) is not None:
        values["annex"] = names.annexes.get((content["agreement_id"], annex), "")
    return words_of(values, form, language)


async def _names(connection: AsyncConnection, contents: Sequence[Mapping[str, Any]], language: Language) -> _Names:
    areas = await area_names_by_id(connection, _ids(contents, "area_id"), language)
    annexes = await connection.execute(_ANNEXES, {"ids": _ids(contents, "agreement_id")})
    t = translator(language)
    return _Names(
        areas,
        {
            (row.agreement_id, row.number): t(
                "report.annex", number=row.number, title=row.title if language == "sv" else row.title_en
            )
            for row in annexes
        },
    )


def _ids(contents: Iterable[Mapping[str, Any]], name: str) -> list[int]:
    return sorted({content[name] for content in contents})


def actor_in_words(actor: str, name: str | None, person: Person, language: Language) -> str:
    """Return who did something, by the id and name of the audit trail.

    A system is told by its name, unless that is kept from the visitor (None), and of people no more than whether it was
    the visitor.
    """
    t = translator(language)
    if actor == person.actor_id:
        return t("history.you")
    if name is None or actor.startswith(_BY_PERSON):
        return t("history.other")
    if actor.startswith(_BY_OPERATOR) or not name:
        return t("history.operator")
    return t("history.named", name=name)


def _local(instant: datetime) -> datetime:
    return instant.astimezone(STOCKHOLM)
