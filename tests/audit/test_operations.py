"""Every operation that writes makes an entry, of whoever sent it; and so does everything that takes out a whole set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from shared.db.tables import metadata
from tests.api.exchanges import Exchanges, operations
from tests.audit.trail import last_written, written_since

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine

SENT_BY = "type=adAccount; joe01doe"
WHOLE_SETS = {"getAgreementArchive", "getIndicatorValueFile", "getReport"}
TRIGGERS = {"audit_created", "audit_changed", "audit_deleted"}
# Tables without entries, by why so.
DERIVED = {
    "agreement_period", "ancestor_set", "ancestor_set_member", "ancestor_set_total", "area_ancestor_set",
    "area_closure", "area_rhythm", "boundary_change", "cell", "closed_area_period", "closed_definition", "closed_note",
    "closed_value", "comparison", "indicator_series", "indicator_value", "later_value", "removed_value", "reporting",
    "signal", "term_month",
}  # fmt: skip
AT_WORK = {
    "area_hierarchy", "calendar_day", "comparison_mark", "cursor_secret", "day_rollover", "dirty_mark", "fact_removal",
    "feed_epoch", "file_import_piece", "file_import_remark", "postponed_scope", "rollup_mark", "webhook_delivery",
    "reminder", "signal_mark", "taken_back_report", "upload", "upload_piece", "webhook_message", "web_session",
}  # fmt: skip
IN_THE_ENTRY_OF_WHAT_THEY_BELONG_TO = {"api_key_hash", "observation_revision", "person_report"}
# The trail has a person's number: what names them can go when they do.
OF_PEOPLES_NAMES = {"person_contact"}
THE_TRAIL = {"audit_entry", "audit_head", "audit_pending", "audit_seal"}


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


async def test_every_operation_that_writes_makes_an_entry(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    """A route is tried by its requests in tests/api/requests.yaml, which must name each that there is."""
    client.headers["X-Sent-By"] = SENT_BY
    silent = {one.spec["operationId"] for one in operations() if one.method != "GET"} | WHOLE_SETS
    started = before = await last_written(engine)
    async for exchange in Exchanges(client).run():
        if await last_written(engine) > before:
            silent.discard(exchange.asked["operation"])
            before = await last_written(engine)
    assert silent == set()
    entries = await written_since(engine, started)
    # That an import is begun in the background is its queue's doing.
    queued = ("samverkan imports", None)
    assert {(entry.actor_name, entry.sent_by) for entry in entries} - {queued} == {("test administer", SENT_BY)}
    assert all(entry.trace_id or entry.sent_by is None for entry in entries)
    assert all(entry.address.startswith(entry.resource.partition("/")[0]) for entry in entries)
    assert [*_without_content(entries)] == []
    assert "whsec_" not in "".join(f"{entry.before}{entry.after}" for entry in entries)


def _without_content(entries: list[Row[object]]) -> list[str]:
    """Return the entries that do not say what they should; what is new in bulk says so once it is sealed."""
    expected = {"created": (False, True), "changed": (True, True), "deleted": (True, False), "read": (False, True)}
    return [
        f"{entry.operation} {entry.address}"
        for entry in entries
        if (entry.before is not None, entry.after is not None) != expected[entry.operation]
        and not (entry.operation == "created" and entry.resource in {"activities", "observations"})
    ]


async def test_every_table_has_the_triggers_or_needs_none(engine: AsyncEngine) -> None:
    statement = text(
        """SELECT tgrelid::regclass::text AS name, array_agg(tgname::text) AS triggers FROM pg_trigger
           WHERE tgname LIKE 'audit\\_%' AND tgenabled = 'O' GROUP BY 1"""
    )
    async with engine.connect() as connection:
        audited = {row.name: set(row.triggers) for row in await connection.execute(statement)}
    assert all(triggers == TRIGGERS for triggers in audited.values())
    others = DERIVED | AT_WORK | IN_THE_ENTRY_OF_WHAT_THEY_BELONG_TO | OF_PEOPLES_NAMES | THE_TRAIL
    assert {*metadata.tables} - audited.keys() == others
