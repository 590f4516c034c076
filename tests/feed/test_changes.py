"""The change feed: nothing skipped, nothing sent too early, nothing forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.cursors import Cursor, Sight
from shared.db.signing import Signer
from shared.domain.errors import FeedNotReady, InvalidCursor, OutdatedCursor
from shared.feed.changes import ChangeFilter, settle_feed
from tests.extent import amount
from tests.feed.follower import (
    CLEANUPS,
    LANDSKRONA,
    SKANE,
    VISITS,
    Reader,
    older_ones_end,
    served_values,
    value_id,
    write,
)


async def test_a_reader_that_applies_the_feed_has_what_is_published(
    engine: AsyncEngine, follower: Reader, database_url: str
) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, month): month for month in range(1, 11)})
        await write(connection, {(VISITS, SKANE, 3): 4})
    await follower.catch_up()
    assert follower.values == await served_values(database_url)
    assert len(follower.values) == 11


async def test_each_change_comes_once_and_a_value_at_its_latest(engine: AsyncEngine, follower: Reader) -> None:
    for figure in (1, 2, 3):
        async with engine.begin() as connection:
            await write(connection, {(CLEANUPS, LANDSKRONA, 1): figure})
    await follower.catch_up()
    assert follower.changes == [(value_id(CLEANUPS, LANDSKRONA, 1), "put")]
    (value,) = follower.values.values()
    assert (value["value"], value["revision"]) == (3, 3)
    here = follower.since
    assert not await follower.poll()
    assert follower.since == here
    assert len(follower.changes) == 1


async def test_what_is_removed_is_told_and_so_is_its_return(engine: AsyncEngine, follower: Reader) -> None:
    key = (CLEANUPS, LANDSKRONA, 1)
    identifier = value_id(*key)
    for figure in (5, None, 6):
        async with engine.begin() as connection:
            await write(connection, {key: figure})
        await follower.catch_up()
    assert follower.changes == [(identifier, "put"), (identifier, "removed"), (identifier, "put")]
    assert follower.values[identifier]["value"] == 6
    late = await Reader(engine).catch_up()
    assert late.values == follower.values


async def test_removed_and_returned_in_one_transaction_is_there(engine: AsyncEngine, follower: Reader) -> None:
    key = (CLEANUPS, LANDSKRONA, 1)
    async with engine.begin() as connection:
        await write(connection, {key: 5})
    async with engine.begin() as connection:
        await write(connection, {key: None})
        await write(connection, {key: 6})
    async with engine.begin() as connection:
        await write(connection, {(VISITS, LANDSKRONA, 1): 1})
        await write(connection, {(VISITS, LANDSKRONA, 1): None})
    await follower.catch_up()
    assert {identifier: value["value"] for identifier, value in follower.values.items()} == {value_id(*key): 6}


async def test_what_an_older_transaction_may_still_write_is_waited_for(
    engine: AsyncEngine, other: AsyncEngine, follower: Reader
) -> None:
    async with other.connect() as slow:
        await slow.begin()
        await write(slow, {(CLEANUPS, LANDSKRONA, 1): 1})
        async with engine.begin() as connection:
            await write(connection, {(CLEANUPS, LANDSKRONA, 2): 2})
        await follower.catch_up(though_others_write=True)
        assert follower.changes == []
        await slow.commit()
    await follower.catch_up()
    assert [identifier for identifier, _ in follower.changes] == [
        value_id(CLEANUPS, LANDSKRONA, month) for month in (1, 2)
    ]


async def test_what_is_not_committed_is_never_told(engine: AsyncEngine, other: AsyncEngine, follower: Reader) -> None:
    async with other.connect() as undecided:
        await undecided.begin()
        await write(undecided, {(CLEANUPS, LANDSKRONA, 1): 1})
        await follower.catch_up(though_others_write=True)
        assert follower.changes == []
        await undecided.rollback()
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, 2): 2})
    await follower.catch_up()
    assert list(follower.values) == [value_id(CLEANUPS, LANDSKRONA, 2)]


async def test_an_answer_goes_on_where_the_one_before_ended_also_inside_a_transaction(
    engine: AsyncEngine, follower: Reader, database_url: str
) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, month): month for month in range(1, 13)})
        await write(connection, {(CLEANUPS, LANDSKRONA, month): None for month in range(1, 13, 3)})
    follower.limit = 3
    await follower.catch_up()
    assert follower.values == await served_values(database_url)
    assert len(follower.changes) == len(set(follower.changes)) == 12


@pytest.mark.parametrize("seed", range(amount(1, 3)))
async def test_nothing_is_skipped_while_many_write(
    engine: AsyncEngine, other: AsyncEngine, follower: Reader, database_url: str, seed: int
) -> None:
    """Transactions stay open for a while, commit out of order or not at all, and write the same values."""
    done = asyncio.Event()
    writers = [asyncio.create_task(_write_now_and_then(other, Random(f"{seed}-{number}"))) for number in range(4)]

    async def follow(follower: Reader) -> None:
        while not done.is_set():
            await follower.poll()
        await follower.catch_up()

    readers = [follower, Reader(engine, limit=1), Reader(engine, ChangeFilter(indicators=(CLEANUPS,)), limit=5)]
    following = [asyncio.create_task(follow(one)) for one in readers]
    committed = sum(await asyncio.gather(*writers))
    # A server ends what was not committed a little later than its client; until then it holds the feed back.
    await older_ones_end(engine)
    done.set()
    await asyncio.gather(*following)
    expected = await served_values(database_url)
    assert committed > 20
    assert follower.values == readers[1].values == expected
    assert readers[2].values == {key: value for key, value in expected.items() if key.startswith(CLEANUPS)}
    assert (await Reader(engine, limit=1000).catch_up()).values == expected
    assert {change for _, change in follower.changes} == {"put", "removed"}


async def _write_now_and_then(engine: AsyncEngine, random: Random) -> int:
    committed = 0
    for _ in range(25):
        try:
            async with engine.connect() as connection:
                await connection.begin()
                for _ in range(random.randint(1, 4)):
                    key = (random.choice((CLEANUPS, VISITS)), random.choice((LANDSKRONA, SKANE)), random.randint(1, 6))
                    await write(connection, {key: random.choice((None, random.randint(0, 9)))})
                    await asyncio.sleep(random.choice((0, 0, 0.01)))
                if random.random() < 0.8:
                    await connection.commit()
                    committed += 1
        except DBAPIError:  # a deadlock: one of the two is rolled back
            continue
    return committed


async def test_a_filter_that_little_passes_gets_on_all_the_same(
    engine: AsyncEngine, follower: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.feed.changes.MOST_SCANNED", 5)
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, month): month for month in range(1, 13)})
        await write(connection, {(VISITS, SKANE, 1): 1})
    follower.wanted, follower.limit = ChangeFilter(indicators=(VISITS,), areas=(SKANE,), period_types=("month",)), 2
    assert await follower.poll()
    assert follower.changes == []
    await follower.catch_up()
    assert list(follower.values) == [value_id(VISITS, SKANE, 1)]
    nothing = await Reader(engine, ChangeFilter(period_types=("year",))).catch_up()
    assert nothing.changes == []


async def test_values_that_go_with_their_series_are_told(engine: AsyncEngine, follower: Reader) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, 1): 1})
    await follower.catch_up()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                """DELETE FROM indicator_value USING indicator_series AS series
                   WHERE series.series_id = indicator_value.series_id AND indicator_code = :code"""
            ),
            {"code": CLEANUPS},
        )
        await connection.execute(text("DELETE FROM indicator_series WHERE indicator_code = :code"), {"code": CLEANUPS})
    follower.wanted = ChangeFilter(indicators=(CLEANUPS,))
    await follower.catch_up()
    assert follower.changes[-1] == (value_id(CLEANUPS, LANDSKRONA, 1), "removed")
    assert follower.values == {}


async def test_a_series_cannot_go_before_its_values(engine: AsyncEngine, follower: Reader) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, 1): 1})
        await connection.execute(text("DELETE FROM indicator_series WHERE indicator_code = :code"), {"code": CLEANUPS})
        with pytest.raises(DBAPIError, match="indicator_code"):
            await connection.execute(text("DELETE FROM indicator_value"))
        await connection.rollback()


async def test_a_suppressed_figure_is_told_without_its_number(engine: AsyncEngine, follower: Reader) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, 1): 3})
        await connection.execute(
            text("UPDATE indicator_value SET status = 'suppressed', denominator = 9, not_placed = 3")
        )
    await follower.catch_up()
    (value,) = follower.values.values()
    assert value["status"] == "suppressed"
    assert [value[name] for name in ("numerator", "denominator", "value", "notPlaced")] == [None] * 4


async def test_a_database_from_another_server_is_numbered_afresh(
    engine: AsyncEngine, follower: Reader, database_url: str
) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, month): month for month in (1, 2, 3)})
        await write(connection, {(CLEANUPS, LANDSKRONA, 3): None})
    await follower.catch_up()
    async with engine.begin() as connection:
        # As a dump leaves it: numbers of transactions that this server may never come to.
        await connection.execute(text("UPDATE feed_epoch SET system_identifier = 1"))
        await connection.execute(text("UPDATE indicator_value SET changed_in = '4611686018427387904'"))
    with pytest.raises(FeedNotReady):
        await follower.poll()
    async with engine.begin() as connection:
        await settle_feed(connection)
    late = await Reader(engine).catch_up()
    assert late.values == await served_values(database_url)
    assert {change for _, change in late.changes} == {"put"}


async def test_a_cursor_of_another_copy_of_the_tables_is_outdated(engine: AsyncEngine, follower: Reader) -> None:
    follower.since = Cursor(12345, 10, 10)
    with pytest.raises(OutdatedCursor):
        await follower.poll()


SIGNER = Signer(b"secret")


def test_a_cursor_comes_back_as_it_was() -> None:
    seen = Sight(2**32 - 1, b"12345678")
    for cursor in (Cursor(0), Cursor(-(2**63), 2**64 - 1, 2**63 - 1), Cursor(7, 8, 9), Cursor(7, 8, 9, seen)):
        assert Cursor.of_stored(cursor.stored()) == cursor
        assert Cursor.parse(cursor.signed(SIGNER), SIGNER) == cursor


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "A", lambda t: "B" + t[1:], lambda t: t + "="])
def test_a_spoilt_cursor_is_refused(spoil: Callable[..., Any]) -> None:
    with pytest.raises(InvalidCursor):
        Cursor.parse(spoil(Cursor(7, 8, 9).signed(SIGNER)), SIGNER)
    with pytest.raises(InvalidCursor):
        Cursor.of_stored(spoil(Cursor(7, 8, 9).stored()))


def test_a_forged_cursor_is_refused() -> None:
    """`trials C8`: its check digits could be reckoned by anyone."""
    forged = (Cursor(7, 8, 2**63).signed(SIGNER), Cursor(7, 8, 9).signed(Signer(b"another")), Cursor(7, 8, 9).stored())
    for one, error in zip(forged, (InvalidCursor, InvalidCursor, OutdatedCursor), strict=True):
        with pytest.raises(error):
            Cursor.parse(one, SIGNER)


@pytest.mark.parametrize("text", ["", "å", "0", "AAAA", "a b", "=" * 40, "A" * 4000])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        Cursor.parse(text, SIGNER)
    with pytest.raises(InvalidCursor):
        Cursor.of_stored(text)
