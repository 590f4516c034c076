"""Python writes instants and numbers as SQL does."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.read_model.texts import instant_text, json_number


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2016, 5, 2, 8, 15, 30, tzinfo=UTC), "2016-05-02T08:15:30Z"),
        (datetime(2016, 5, 2, 8, 15, 30, 250_000, tzinfo=UTC), "2016-05-02T08:15:30.250000Z"),
        (datetime(2016, 5, 2, 0, 15, 30, 1, tzinfo=timezone(timedelta(hours=2))), "2016-05-01T22:15:30.000001Z"),
    ],
)
async def test_an_instant_is_the_same_text_in_python_and_in_sql(
    engine: AsyncEngine, instant: datetime, written: str
) -> None:
    async with engine.connect() as connection:
        in_sql = await connection.scalar(text("SELECT instant_text(:instant)"), {"instant": instant})
    assert instant_text(instant) == in_sql == written


def test_what_has_not_been_is_null() -> None:
    assert instant_text(None) is None
    assert json_number(None) is None


@pytest.mark.parametrize(
    ("number", "written"), [(Decimal("31.0"), "31"), (31, "31"), (Decimal("0.50"), "0.5"), (Decimal("-2.0"), "-2")]
)
def test_a_whole_number_has_no_decimals(number: Decimal | int, written: str) -> None:
    assert str(json_number(number)) == written
