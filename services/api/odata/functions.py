"""OData's own functions as SQL: what each takes, what it yields, and how it is written.

A template uses each argument once, so that the SQL grows no faster than the expression. An SQL function of null is
null, as OData asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class ArgumentType(Enum):
    """What a value is while it is compiled; the value is the SQL type that a parameter of it is cast to."""

    STRING = "text"
    INTEGER = "bigint"
    DECIMAL = "numeric"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "timestamptz"
    TIME = "time"
    GUID = "uuid"
    NULL = "unknown"

    @property
    def is_number(self) -> bool:
        """Whether one can reckon with it."""
        return self in {ArgumentType.INTEGER, ArgumentType.DECIMAL}


@dataclass(frozen=True, slots=True)
class Overload:
    """A function for these kinds of arguments; `sql` holds {0}, {1} where they stand."""

    takes: tuple[ArgumentType, ...]
    yields: ArgumentType
    sql: str


# What Unicode calls white space: PostgreSQL trims only blanks by default.
_WHITE = r"\0009\000A\000B\000C\000D\0020\0085\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A"
_WHITE += r"\2028\2029\202F\205F\3000"
# A start or a length below 0 makes null of the string; the bound above keeps it within SQL's integers.
_COUNT = "nullif(least(greatest({}, -1), 2000000000), -1)::integer"
_TEXT = ArgumentType.STRING
# Moments are stored without the offset that they came with, so that their parts are those of UTC.
_UTC = "({0} AT TIME ZONE 'UTC')"


def _part(sql: str, *kinds: ArgumentType, yields: ArgumentType = ArgumentType.INTEGER) -> tuple[Overload, ...]:
    """Return what takes a part of a date, a moment or a time; {0} in `sql` is what it is taken from."""
    return tuple(
        Overload((kind,), yields, sql.format(_UTC if kind is ArgumentType.MOMENT else "{0}")) for kind in kinds
    )


def _rounding(sql: str) -> tuple[Overload, ...]:
    """Return what rounds a number; an integer is round already."""
    return Overload((ArgumentType.INTEGER,), ArgumentType.INTEGER, "{0}"), Overload(
        (ArgumentType.DECIMAL,), ArgumentType.DECIMAL, sql
    )


_DAYS = (ArgumentType.DATE, ArgumentType.MOMENT)
_CLOCKS = (ArgumentType.MOMENT, ArgumentType.TIME)

FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    "contains": (Overload((_TEXT, _TEXT), ArgumentType.BOOLEAN, "(position({1} in {0}) > 0)"),),
    "startswith": (Overload((_TEXT, _TEXT), ArgumentType.BOOLEAN, "starts_with({0}, {1})"),),
    "endswith": (Overload((_TEXT, _TEXT), ArgumentType.BOOLEAN, "starts_with(reverse({0}), reverse({1}))"),),
    "indexof": (Overload((_TEXT, _TEXT), ArgumentType.INTEGER, "(position({1} in {0}) - 1)"),),
    "length": (Overload((_TEXT,), ArgumentType.INTEGER, "length({0})"),),
    "tolower": (Overload((_TEXT,), _TEXT, "lower({0})"),),
    "toupper": (Overload((_TEXT,), _TEXT, "upper({0})"),),
    "trim": (Overload((_TEXT,), _TEXT, f"btrim({{0}}, U&'{_WHITE}')"),),
    "concat": (Overload((_TEXT, _TEXT), _TEXT, "({0} || {1})"),),
    "substring": (
        Overload((_TEXT, ArgumentType.INTEGER), _TEXT, f"substr({{0}}, {_COUNT.format('{1}')} + 1)"),
        Overload(
            (_TEXT, ArgumentType.INTEGER, ArgumentType.INTEGER),
            _TEXT,
            f"substr({{0}}, {_COUNT.format('{1}')} + 1, {_COUNT.format('{2}')})",
        ),
    ),
    "year": _part("extract(year from {})::integer", *_DAYS),
    "month": _part("extract(month from {})::integer", *_DAYS),
    "day": _part("extract(day from {})::integer", *_DAYS),
    "hour": _part("extract(hour from {})::integer", *_CLOCKS),
    "minute": _part("extract(minute from {})::integer", *_CLOCKS),
    "second": _part("floor(extract(second from {}))::integer", *_CLOCKS),
    "fractionalseconds": _part("mod(extract(second from {}), 1)", *_CLOCKS, yields=ArgumentType.DECIMAL),
    "date": _part("{}::date", ArgumentType.MOMENT, yields=ArgumentType.DATE),
    "time": _part("{}::time", ArgumentType.MOMENT, yields=ArgumentType.TIME),
    "now": (Overload((), ArgumentType.MOMENT, "now()"),),
    "round": _rounding("round({0})"),
    "floor": _rounding("floor({0})"),
    "ceiling": _rounding("ceil({0})"),
}

# Functions and operators that OData defines and this service refuses by name.
UNSUPPORTED = frozenset(
    {
        *("matchespattern", "cast", "isof", "case", "totaloffsetminutes", "totalseconds", "mindatetime", "maxdatetime"),
        *("hassubset", "hassubsequence", "geo.distance", "geo.length", "geo.intersects", "isdefined"),
    }
)
