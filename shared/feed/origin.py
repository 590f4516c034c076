"""Where the feed's order comes from: one PostgreSQL cluster, on one timeline, one copy of the tables.

Changes are ordered by the numbers of transactions, which mean something only where they were given. A cursor therefore
carries an epoch: a database restored from a dump or a back-up, or one that a stand-by has taken over, has another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.domain.errors import FeedNotReady

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

# The first eight digits of a log file's name are the timeline.
_EPOCH = text(
    """SELECT hashtextextended(concat_ws('/', cluster.system_identifier,
                                         left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                                         (SELECT oid FROM pg_database WHERE datname = current_database()),
                                         'indicator_value'::regclass::oid), 0) AS epoch,
              (SELECT feed_origin.system_identifier FROM feed_origin) = cluster.system_identifier AS is_here
       FROM pg_control_system() AS cluster"""
)
_ORIGIN = text("SELECT (SELECT system_identifier FROM feed_origin), system_identifier FROM pg_control_system()")
_SETTLE = text(
    """INSERT INTO feed_origin (is_only, system_identifier)
       SELECT true, system_identifier FROM pg_control_system()
       ON CONFLICT (is_only) DO UPDATE SET system_identifier = excluded.system_identifier"""
)
_BEGIN_ANEW = (
    text("DELETE FROM removed_value"),
    text("UPDATE indicator_value SET changed_in = DEFAULT, change_number = DEFAULT"),
    # Whoever copies a database to try something out must not tell its subscribers.
    text("UPDATE webhook SET status = 'paused', reason = 'databaseMoved' WHERE status <> 'paused'"),
)


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
    known, actual = (await connection.execute(_ORIGIN)).one()
    if known is not None and known != actual:
        for statement in _BEGIN_ANEW:
            await connection.execute(statement)
    await connection.execute(_SETTLE)
