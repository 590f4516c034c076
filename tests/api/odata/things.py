"""A small table of things and places with every type and every awkward value, in Python and in PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from services.api.odata.model import Additivity, Edm, EntitySet, Model, Navigation, Property
from services.api.odata.statement import Statement

TITLES = ("", "a", "Ab", "aB_%", "åÄ ö", " b\t", "O'b\\")
LABELS = (None, "", "a", "Å", "b%", " a ")
AMOUNTS = (None, Decimal("-2.5"), Decimal(0), Decimal("0.1"), Decimal(3), Decimal("12.75"))
COUNTS = (None, -7, -1, 0, 1, 4, 9)
SIZES = (-2, 0, 1, 5)
DAYS = (None, date(2015, 12, 31), date(2016, 2, 29), date(2016, 3, 1))
MOMENTS = (
    None,
    datetime(2016, 2, 29, 23, 59, 59, 250000, tzinfo=UTC),
    datetime(2016, 3, 1, tzinfo=UTC),
    datetime(2016, 8, 5, 13, 7, 8, tzinfo=UTC),
)
FLAGS = (None, True, False)
CODES = (None, UUID(int=1), UUID(int=2))
PLACES: dict[str, dict[str, Any]] = {
    "north": {"code": "north", "label": "a", "rank": 1},
    "south": {"code": "south", "label": None, "rank": None},
}
ROWS = 60


def _things() -> list[dict[str, Any]]:
    """Return rows in which the values of the columns meet in ever new ways."""
    columns: dict[str, tuple[Any, ...]] = {
        "title": TITLES,
        "label": LABELS,
        "amount": AMOUNTS,
        "count": COUNTS,
        "size": SIZES,
        "day": DAYS,
        "moment": MOMENTS,
        "flag": FLAGS,
        "code": CODES,
        "place": (None, *PLACES),
    }
    return [
        {"id": number}
        | {
            name: values[(number * (3 + 2 * step) + number // (step + 2)) % len(values)]
            for step, (name, values) in enumerate(columns.items())
        }
        for number in range(ROWS)
    ]


THINGS = _things()

THING = EntitySet(
    name="Things",
    entity="Thing",
    key=("id",),
    source="thing",
    properties=(
        Property("id", Edm.INT32, "thing.id", nullable=False),
        Property("title", Edm.STRING, "thing.title", nullable=False),
        Property("label", Edm.STRING, "thing.label"),
        Property("amount", Edm.DECIMAL, "thing.amount", additive=Additivity.ALWAYS),
        Property("count", Edm.INT64, "thing.count", additive=Additivity.ALWAYS),
        Property("size", Edm.INT32, "thing.size", nullable=False, additive=Additivity.ALWAYS),
        Property("twice", Edm.INT32, "thing.size + thing.size", nullable=False),
        Property("day", Edm.DATE, "thing.day"),
        Property("moment", Edm.DATE_TIME_OFFSET, "thing.moment"),
        Property("flag", Edm.BOOLEAN, "thing.flag"),
        Property("code", Edm.GUID, "thing.code"),
        Property("place", Edm.STRING, "thing.place"),
    ),
    navigations=(Navigation("Place", "Places", (("place", "code"),)),),
)
PLACE = EntitySet(
    name="Places",
    entity="Place",
    key=("code",),
    source="place",
    properties=(
        Property("code", Edm.STRING, "place.code", nullable=False),
        Property("label", Edm.STRING, "place.label"),
        Property("rank", Edm.INT32, "place.rank"),
    ),
)
MODEL = Model({"Things": THING, "Places": PLACE})


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Connect to a database in which the tables exist for as long as the connection does."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        connection.execute("SET TIME ZONE 'Europe/Stockholm'")
        connection.execute("CREATE TEMPORARY TABLE place (code text PRIMARY KEY, label text, rank integer)")
        connection.execute(
            """CREATE TEMPORARY TABLE thing (id integer PRIMARY KEY, title text, label text, amount numeric,
               count bigint, size smallint, day date, moment timestamptz, flag boolean, code uuid, place text)"""
        )
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO place VALUES (%(code)s, %(label)s, %(rank)s)", PLACES.values())
            names = ", ".join(f"%({name})s" for name in THINGS[0])
            cursor.executemany(f"INSERT INTO thing VALUES ({names})", THINGS)
        yield connection


def whole(statement: Statement) -> str:
    """Return the pieces of a statement as one SELECT, whose columns bear their paths as names."""
    columns = ", ".join(f'{column.sql} AS "{"/".join(column.path)}"' for column in statement.columns)
    order = ", ".join(order.clause for order in (*statement.order, *statement.key))
    sql = f"SELECT {columns} FROM {statement.source} WHERE {statement.where}"
    sql += f" ORDER BY {order}" if order else ""
    sql += f" LIMIT {statement.top}" if statement.top is not None else ""
    return sql + (f" OFFSET {statement.skip}" if statement.skip is not None else "")
