"""The change feed: values in the order of their latest change, and the removals of those that are gone.

The read model is its own outbox. A row bears the transaction that wrote it last and a number that rises within that, so
a change is there exactly when it is committed, and appears once. A reader sees only what was written by
transactions older than every one that is still going on: nothing can appear behind its cursor any more. A long
transaction delays the feed, and never makes it skip.

Who sees figures of other areas than when they read last has older changes to read, or too many values: their cursor
says of which areas they saw figures, and counts no longer then.

Changes are ordered by the numbers of transactions, which mean something only where they were given: in one PostgreSQL
cluster, on one timeline, in one copy of the tables. A cursor therefore carries an epoch: a database restored from a
dump or a back-up, or one that a stand-by has taken over, has another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from shared.db.cursors import Cursor, Sight, outdated, refuse_other_sight
from shared.domain.errors import FeedNotReady
from shared.read_model.columns import COLUMNS, KEY, json_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

# Changes looked through for those that pass a filter, before an answer says how far it came and that there is more.
MOST_SCANNED = 20_000

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are wanted, by codes; none given means any."""

    indicators: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    period_types: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether every change passes."""
        return not (self.indicators or self.areas or self.period_types)


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some of the feed, ready to be encoded as JSON; `has_more` when reading on will find more at once."""

    entries: Sequence[Entry]
    next: Cursor
    has_more: bool


async def read_changes(connection: AsyncConnection, since: Cursor | None, wanted: ChangeFilter, limit: int) -> FeedPage:
    """Return up to `limit` changes after a cursor, or from the start.

    A filter may leave fewer, or none, though there is more.

    Raises:
        OutdatedCursor: it belongs to an epoch that has ended, or to a reader who saw figures of other areas.
        FeedNotReady: the database comes from another server.
    """
    epoch = await current_epoch(connection)
    since = since or Cursor(epoch)
    _refuse_other(since, epoch)
    refuse_other_sight(since)
    sight = Sight.now()
    scanned = limit + 1 if wanted.is_any else max(MOST_SCANNED, limit + 1)
    parameters = {
        # The driver knows no xid8: it goes as text.
        "changed_in": str(since.changed_in),
        "number": since.number,
        "indicators": list(wanted.indicators),
        "areas": list(wanted.areas),
        "period_types": list(wanted.period_types),
        "scanned": scanned,
        "most": limit + 1,
    }
    rows = (await connection.execute(_CHANGES, parameters)).all()
    if len(rows) > limit:
        return FeedPage([_entry(row) for row in rows[:limit]], _place(epoch, rows[limit - 1], sight), has_more=True)
    if not rows:
        return FeedPage([], replace(since, sight=sight), has_more=False)
    entries = [_entry(row) for row in rows if row.is_wanted]
    return FeedPage(entries, _place(epoch, rows[-1], sight), has_more=rows[-1].place == scanned)


async def refuse_outdated(connection: AsyncConnection, cursor: Cursor) -> None:
    """Refuse a cursor that nothing can be read from.

    Raises:
        OutdatedCursor: it belongs to an epoch that has ended.
        FeedNotReady: the database comes from another server.
    """
    _refuse_other(cursor, await current_epoch(connection))


def _refuse_other(cursor: Cursor, epoch: int) -> None:
    if cursor.epoch != epoch:
        raise outdated("belongs to a database before it was restored or taken over")


def _place(epoch: int, row: Row[Any], sight: Sight) -> Cursor:
    return Cursor(epoch, int(row.changed_in), row.change_number, sight)


def _entry(row: Row[Any]) -> Entry:
    return {
        "id": row.id,
        "change": "removed" if row.is_removed else "put",
        "revision": row.revision,
        "changedAt": row.changed_at,
        "indicatorValue": None if row.is_removed else orjson.Fragment(row.served),
    }


async def current_epoch(connection: AsyncConnection) -> int:
    """Return which numbering of changes is in force.

    Raises:
        FeedNotReady: the rows bear the numbers of another cluster.
    """
    found = (await connection.execute(_EPOCH)).one()
    if not found.is_here:
        raise FeedNotReady("The database comes from another server. Run `samverkan migrate` on it.")
    epoch: int = found.epoch
    return epoch


async def settle_feed(connection: AsyncConnection) -> None:
    """Number all values afresh if the database was restored from another cluster; all readers then begin anew."""
    known, actual = (await connection.execute(_SYSTEM_IDENTIFIERS)).one()
    if known is not None and known != actual:
        for statement in _BEGIN_ANEW:
            await connection.execute(statement)
    await connection.execute(_SETTLE)


# The first eight digits of a log file's name are the timeline.
_EPOCH = text(
    """SELECT hashtextextended(concat_ws('/', cluster.system_identifier,
                                         left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                                         (SELECT oid FROM pg_database WHERE datname = current_database()),
                                         'indicator_value'::regclass::oid), 0) AS epoch,
              (SELECT feed_epoch.system_identifier FROM feed_epoch) = cluster.system_identifier AS is_here
       FROM pg_control_system() AS cluster"""
)
_SYSTEM_IDENTIFIERS = text(
    "SELECT (SELECT system_identifier FROM feed_epoch), system_identifier FROM pg_control_system()"
)
_SETTLE = text(
    """INSERT INTO feed_epoch (is_only, system_identifier)
       SELECT true, system_identifier FROM pg_control_system()
       ON CONFLICT (is_only) DO UPDATE SET system_identifier = excluded.system_identifier"""
)
_BEGIN_ANEW = (
    text("DELETE FROM removed_value"),
    text("UPDATE indicator_value SET changed_in = DEFAULT, change_number = DEFAULT"),
    # What the audit trail has not sealed yet follows in the order in which it was written.
    text("UPDATE audit_pending SET changed_in = DEFAULT"),
    # Whoever copies a database to try something out must not notify its subscribers.
    text("UPDATE webhook SET status = 'paused', reason = 'databaseMoved' WHERE status <> 'paused'"),
)
_AFTER = """(changed_in, change_number) > (CAST(:changed_in AS xid8), CAST(:number AS bigint))
                         AND changed_in < pg_snapshot_xmin(pg_current_snapshot())
                   ORDER BY changed_in, change_number LIMIT :scanned"""
# A value that was computed again is in both tables; a transaction that began before the removal may have written it, so
# that the removal is the later of the two: the feed leaves it out.
_SCANNED = f"""
            SELECT *, row_number() OVER feed_order AS place, lead(true) OVER feed_order IS NULL AS is_last
            FROM ((SELECT changed_in, change_number, {KEY}, NULL AS indicator_code, NULL AS slice, revision,
                          computed_at AS changed_at, false AS is_removed
                   FROM indicator_value WHERE {_AFTER})
                  UNION ALL
                  (SELECT changed_in, change_number, {KEY}, indicator_code, slice, revision, removed_at, true
                   FROM removed_value AS removed
                   WHERE NOT EXISTS (SELECT FROM indicator_value AS present JOIN indicator_series AS series
                                       USING (series_id)
                                     WHERE present.area_id = removed.area_id
                                       AND present.period_type = removed.period_type
                                       AND present.period_start = removed.period_start AND series.slice = removed.slice
                                       AND series.indicator_code = removed.indicator_code)
                         AND {_AFTER})
                  ORDER BY changed_in, change_number LIMIT :scanned) AS latest
            WINDOW feed_order AS (ORDER BY changed_in, change_number)"""
# A removed value's series may be gone, so that its own code counts.
_IS_WANTED = """
            (CAST(:indicators AS text[]) = '{}' OR indicator_code = ANY(:indicators)
             OR series_id = ANY(ARRAY(SELECT series_id FROM indicator_series WHERE indicator_code = ANY(:indicators))))
            AND (CAST(:areas AS text[]) = '{}'
                 OR area_id = ANY(ARRAY(SELECT area_id FROM area WHERE code = ANY(:areas))))
            AND (CAST(:period_types AS text[]) = '{}' OR period_type = ANY(:period_types))"""
# As /indicator-values shows it. Comparisons are no part of a figure.
_SERVED = json_object(column for column in COLUMNS if column.public_name != "comparisons")
_CHANGES = text(
    f"""WITH change AS MATERIALIZED (
            SELECT * FROM (SELECT *, {_IS_WANTED} AS is_wanted FROM ({_SCANNED}) AS scanned) AS looked_at
            WHERE is_wanted OR is_last ORDER BY changed_in, change_number LIMIT :most)
        SELECT change.changed_in::text, change.change_number, place, is_wanted, is_removed, change.revision,
               value_id(coalesce(change.indicator_code, series.indicator_code), coalesce(change.slice, series.slice),
                        area.code, change.period_type, change.period_start) AS id,
               instant_text(changed_at) AS changed_at,
               CASE WHEN NOT is_removed THEN (
                   SELECT {_SERVED} FROM served_value
                   WHERE served_value.series_id = change.series_id AND served_value.area_id = change.area_id
                     AND served_value.period_type = change.period_type
                     AND served_value.period_start = change.period_start) END AS served
        FROM change LEFT JOIN area USING (area_id) LEFT JOIN indicator_series AS series USING (series_id)
        ORDER BY change.changed_in, change.change_number"""
)
