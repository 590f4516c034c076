"""Agreements, annexes and targets, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.range import DateRange
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from services.api.http.schemas import days_of
from shared.db.days import months_of
from shared.db.tables import agreement, agreement_area, annex, area, target
from shared.read_model.texts import json_number

Entry = dict[str, Any]

_before = agreement.alias("before")
_areas = (
    select(func.array_agg(area.c.code).aggregate_order_by(area.c.code))
    .join(agreement_area, agreement_area.c.area_id == area.c.area_id)
    .where(agreement_area.c.agreement_id == agreement.c.agreement_id)
    .scalar_subquery()
)
_member = area.alias("member")
_together = (
    select(func.array_agg(_member.c.code).aggregate_order_by(_member.c.code))
    .where(_member.c.area_id == func.any(target.c.area_ids))
    .scalar_subquery()
)
_AGREEMENTS = (
    select(agreement, _before.c.code.label("succeeds"), _areas.label("areas"))
    .outerjoin(_before, _before.c.agreement_id == agreement.c.succeeds_id)
    .order_by(agreement.c.code)
)


async def count(connection: AsyncConnection) -> int:
    """Return how many agreements there are."""
    return (await connection.execute(select(func.count()).select_from(agreement))).scalar_one()


async def entries(connection: AsyncConnection, page: Page) -> list[Entry]:
    """Return one page of the agreements, by code, without annexes and targets."""
    rows = await connection.execute(_AGREEMENTS.limit(page.limit).offset(page.offset))
    return [_entry(row) for row in rows.mappings()]


async def find(connection: AsyncConnection, code: str) -> Entry | None:
    """Return the agreement with a code, whole, if there is one."""
    row = (await connection.execute(_AGREEMENTS.where(agreement.c.code == code))).mappings().one_or_none()
    if row is None:
        return None
    agreement_id = row["agreement_id"]
    return {
        **_entry(row),
        "annexes": await annexes(connection, agreement_id),
        "targets": await targets(connection, agreement_id),
    }


async def annexes(connection: AsyncConnection, agreement_id: int) -> list[Entry]:
    """Return an agreement's annexes, by number."""
    statement = select(annex).where(annex.c.agreement_id == agreement_id).order_by(annex.c.number)
    return [
        {
            "number": row.number,
            "theme": row.theme,
            "code": row.code,
            "indicators": None if row.indicators is None else _followed(row.indicators),
            "title": row.title,
            "titleEn": row.title_en,
            **days_of(row.valid),
            "purpose": row.purpose,
            "goals": row.goals,
            "actions": row.actions,
            "followUp": row.follow_up,
            "followUps": row.follow_ups,
        }
        for row in await connection.execute(statement)
    ]


async def targets(connection: AsyncConnection, agreement_id: int) -> list[Entry]:
    """Return an agreement's targets, by annex, indicator, slice, area and rule; one of several areas by the first."""
    listed_under = func.coalesce(target.c.area_ids[1], target.c.area_id)
    statement = (
        select(target, area.c.code.label("area"), _together.label("areas"))
        .join(area, area.c.area_id == target.c.area_id)
        .where(target.c.agreement_id == agreement_id, listed_under == target.c.area_id)
        .order_by(
            target.c.annex_number.nulls_first(),
            target.c.indicator_code,
            target.c.slice,
            area.c.code,
            target.c.rule,
            target.c.target_id,
        )
    )
    return [
        {
            "annex": row.annex_number,
            "indicator": row.indicator_code,
            "slice": row.slice,
            "area": None if row.areas else row.area,
            "rule": row.rule,
            "value": json_number(row.value),
            "upperValue": json_number(row.upper_value),
            "per": row.per,
            **days_of(row.valid),
            "wording": row.wording,
            "percent": json_number(row.percent),
            "baseline": _baseline(row.baseline),
            "tolerance": json_number(row.tolerance),
            "perInhabitants": row.per_inhabitants,
            "areas": row.areas or [],
        }
        for row in await connection.execute(statement)
    ]


def _followed(stored: Sequence[str]) -> list[Entry]:
    return [dict(zip(("indicator", "slice"), one.split("/"), strict=True)) for one in stored]


def _baseline(days: DateRange | None) -> str | dict[str, str] | None:
    span = months_of(days)
    return None if span is None else span.code or {"from": span.start.isoformat(), "to": span.end.isoformat()}


def _entry(row: Mapping[Any, Any]) -> Entry:
    return {
        "code": row["code"],
        "title": row["title"],
        "caseNumber": row["case_number"],
        **days_of(row["valid"]),
        "succeeds": row["succeeds"],
        "areas": row["areas"],
        "parties": row["parties"],
        "rhythms": row["rhythms"],
        "indicators": _followed(row["indicators"]),
        "closing": {
            "twoPersons": row["closing_by_two_persons"],
            "readyAnnexes": row["closing_needs_ready_annexes"],
        },
    }
