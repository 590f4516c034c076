"""What a request to the feed is answered with, evaluated in Python over rows that were fetched once.

It shares with the service the names and types of the model, and nothing else: no SQL, no parser.
"""

# Over 300 lines: what a request of any form is answered with, from the rows alone.

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any
from uuid import UUID

from services.api.odata.model import Edm, EntitySet, Model
from tests.api.odata.expression_trees import evaluated
from tests.api.odata.typed_requests import Aggregate, Grouping, Named, Request, Tree

Row = dict[str, Any]

# Averages are as exact as PostgreSQL's division.
NEAR = Fraction(1, 10**12)
# Whose confidential rows hide an aggregate, and of which set.
HIDING = {"IndicatorValues": ("numerator", "denominator", "value", "notPlaced")}
# What is sorted as Swedish names are: `trials E3`.
NAMES = {
    f"{name}{language}" for name in ("name", "unitName", "ancestorName", "annexTitle") for language in ("Sv", "En")
}
_ALPHABET = {letter: number for number, letter in enumerate("abcdefghijklmnopqrstuvwxyzåäö", start=1000)}
_PLAIN = str.maketrans("éèêëáàâãíìîïóòôõúùûüýÿçñæø", "eeeeaaaaiiiioooouuuyyycnäö")


class Different(AssertionError):
    """An answer is not the one that follows from the rows."""


_READERS: Mapping[Edm, Callable[[Any], Any]] = {
    Edm.STRING: str,
    Edm.DECIMAL: lambda value: Fraction(str(value)),
    Edm.INT32: int,
    Edm.INT64: int,
    Edm.DATE: date.fromisoformat,
    Edm.DATE_TIME_OFFSET: datetime.fromisoformat,
    Edm.GUID: UUID,
    Edm.BOOLEAN: bool,
}
_ADDING = {"sum", "average"}
_OF_VALUES: Mapping[str | None, Callable[[list[Any]], Any]] = {
    "sum": lambda values: Fraction(sum(values)),
    "average": lambda values: Fraction(sum(values)) / len(values),
    "min": min,
    "max": max,
}


def python_value(value: Any, kind: Edm) -> Any:
    """Return a value of JSON as expressions have it."""
    return None if value is None else _READERS[kind](value)


def swedish(name: str) -> tuple[Any, ...]:
    """Return what names are sorted by: å, ä and ö after z, in this order; capitals and accents come last."""
    letters = name.lower().translate(_PLAIN)
    return [_ALPHABET.get(letter, ord(letter)) for letter in letters], name


def _is_named(path: str) -> bool:
    return path.rpartition("/")[2] in NAMES


@dataclass(frozen=True)
class Tables:
    """All rows of all sets, by set."""

    model: Model
    rows: Mapping[str, Sequence[Row]]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], dict[Any, Row]]:
        ends = {(one.target, one.keys[0][1]) for known in self.model.sets.values() for one in known.navigations}
        return {(name, key): {row[key]: row for row in self.rows[name]} for name, key in ends}

    def reached(self, entity_set: EntitySet, row: Row, navigation: str) -> Row | None:
        """Return the row that a navigation leads to."""
        way = entity_set.navigation(navigation)
        ((own, theirs),) = way.keys
        return self._by_key[way.target, theirs].get(row[own])

    def value(self, entity_set: EntitySet, row: Row | None, path: str) -> Any:
        """Return what a path leads to."""
        first, _, rest = path.partition("/")
        if row is None or path in row:
            return None if row is None else row[path]
        target = self.model.entity_set(entity_set.navigation(first).target)
        return self.value(target, self.reached(entity_set, row, first), rest)

    def named(self, entity_set: EntitySet, depth: int, prefix: str = "") -> list[Named]:
        """Return what can be named in a set, with some of its values, by way of so many navigations."""
        some = self.rows[entity_set.name][::41][:20]
        found = [
            Named(f"{prefix}{one.name}", one.type, tuple({row[one.name] for row in some} - {None}))
            for one in entity_set.properties
        ]
        for navigation in entity_set.navigations if depth else ():
            target = self.model.entity_set(navigation.target)
            found += self.named(target, depth - 1, f"{prefix}{navigation.name}/")
        return found

    def hides(self, entity_set: EntitySet, row: Row) -> bool:
        """Whether a row's figures are confidential, or not known: nobody has reported what they are made of."""
        if row["status"] == "missing":
            return row["denominator"] is None and self.value(entity_set, row, "Indicator/kind") == "observed"
        return row["status"] == "suppressed"


@dataclass(frozen=True)
class Expected:
    """What the whole answer is, in an order in which rows of one sort key may stand in any."""

    tables: Tables
    request: Request

    @cached_property
    def rows(self) -> list[Row]:
        """All rows that the request selects, as they are named in its options."""
        request, rows = self.request, list(self.tables.rows[self.request.entity_set.name])
        conditions = request.narrowed if request.grouping is None else request.grouping.before
        rows = self._matching(rows, conditions)
        if request.grouping is not None:
            rows = self._matching(self._groups(rows, request.grouping), request.grouping.after)
        return self._matching(rows, (request.filter,) if request.filter else ())

    @cached_property
    def types(self) -> dict[str, Edm]:
        """The types of the columns, by the paths that the answer has them at."""
        request = self.request
        if request.grouping is None:
            columns = {one.name: one.type for one in request.entity_set.properties}
        else:
            columns = self._types_of_groups(request.grouping)
        if request.select is not None:
            columns = {
                name: kind
                for name, kind in columns.items()
                if name in request.select or name.partition("/")[0] in request.select
            }
        for navigation, names in request.expand.items():
            target = self.tables.model.entity_set(request.entity_set.navigation(navigation).target)
            columns |= {
                f"{navigation}/{one.name}": one.type for one in target.properties if names is None or one.name in names
            }
        return columns

    def check(self, answered: Sequence[Row], count: int | None) -> None:
        """Compare with the rows of an answer.

        Raises:
            Different: it has other rows, in another order, or another count.
        """
        if self.request.count and count != len(self.rows):
            raise Different(f"counted {count} of {len(self.rows)}")
        keys = sorted(self._sort_key(row) for row in self.rows)
        skip = self.request.skip or 0
        keys = keys[skip:] if self.request.top is None else keys[skip : skip + self.request.top]
        if len(keys) != len(answered):
            raise Different(f"{len(answered)} rows instead of {len(keys)}")
        waiting: dict[Any, Counter[Any]] = defaultdict(Counter)
        for row in self.rows:
            waiting[_frozen(self._sort_key(row))][self._displayed(row)] += 1
        for number, (key, row) in enumerate(zip(keys, answered, strict=True)):
            found = self._found(row, waiting[_frozen(key)])
            if found is None:
                raise Different(
                    f"row {number} is {row}; with this sort key there are {list(waiting[_frozen(key)])[:3]}"
                )
            waiting[_frozen(key)][found] -= 1

    def _matching(self, rows: list[Row], conditions: Iterable[Tree]) -> list[Row]:
        for condition in conditions:
            rows = [row for row in rows if self._worth(condition, row) is True]
        return rows

    def _worth(self, tree: Tree, row: Row) -> Any:
        return evaluated(tree, lambda path: self.tables.value(self.request.entity_set, row, path), self._in_order)

    def _in_order(self, operands: Sequence[Tree], values: Sequence[Any]) -> Sequence[Any]:
        """Return what is compared: texts as names are sorted, where one of them is a name."""
        if not any(self._is_name(operand) for operand in operands):
            return values
        return [None if value is None else swedish(value) for value in values]

    def _is_name(self, tree: Tree) -> bool:
        return tree[0] == "property" and (_is_named(tree[1]) or tree[1] in self._first_and_last_names)

    @cached_property
    def _first_and_last_names(self) -> set[str]:
        aggregates = self.request.grouping.aggregates if self.request.grouping else ()
        return {one.alias for one in aggregates if one.method in {"min", "max"} and _is_named(one.path or "")}

    def _sort_key(self, row: Row) -> list[Any]:
        return [_Sorted(self._sorted_by(tree, row), descending) for tree, descending in self.request.order]

    def _sorted_by(self, tree: Tree, row: Row) -> Any:
        value = self._worth(tree, row)
        return swedish(value) if self._is_name(tree) and value is not None else value

    def _groups(self, rows: list[Row], grouping: Grouping) -> list[Row]:
        entity_set = self.request.entity_set
        groups: dict[tuple[Any, ...], list[Row]] = {} if grouping.paths else {(): []}
        for row in rows:
            key = tuple(self.tables.value(entity_set, row, path) for path in grouping.paths)
            groups.setdefault(key, []).append(row)
        return [
            dict(zip(grouping.paths, key, strict=True))
            | {one.alias: self._aggregated(one, members) for one in grouping.aggregates}
            for key, members in groups.items()
        ]

    def _aggregated(self, aggregate: Aggregate, rows: list[Row]) -> Any:
        if aggregate.path is None:
            return Fraction(len(rows))
        entity_set = self.request.entity_set
        adds_hidden = aggregate.method in _ADDING and aggregate.path in HIDING.get(entity_set.name, ())
        if adds_hidden and any(self.tables.hides(entity_set, row) for row in rows):
            return None
        found = (self.tables.value(entity_set, row, aggregate.path) for row in rows)
        values = [value for value in found if value is not None]
        if aggregate.method == "countdistinct":
            return Fraction(len(set(values)))
        if values and aggregate.method in {"min", "max"} and _is_named(aggregate.path):
            return (min if aggregate.method == "min" else max)(values, key=swedish)
        return _OF_VALUES[aggregate.method](values) if values else None

    def _types_of_groups(self, grouping: Grouping) -> dict[str, Edm]:
        known = {one.path: one.type for one in self.tables.named(self.request.entity_set, 7)}
        columns = {path: known[path] for path in grouping.paths}
        for one in grouping.aggregates:
            keeps = one.method in {"min", "max"} and one.path is not None
            columns[one.alias] = known[str(one.path)] if keeps else Edm.DECIMAL
        return columns

    def _displayed(self, row: Row) -> tuple[tuple[str, Any], ...]:
        """Return a row as the answer has it; what an expanded navigation does not lead to is null."""
        displayed: dict[str, Any] = {}
        for path in self.types:
            first = path.partition("/")[0]
            is_expanded = first in self.request.expand and "/" in path
            if is_expanded and self.tables.reached(self.request.entity_set, row, first) is None:
                displayed[first] = None
            else:
                displayed[path] = self.tables.value(self.request.entity_set, row, path)
        return tuple(sorted(displayed.items()))

    def _found(self, row: Row, waiting: Counter[Any]) -> Any:
        """Return the row among those that wait which is the same, or nearly so where averages are."""
        flat = tuple(
            sorted((path, python_value(value, self.types.get(path, Edm.STRING))) for path, value in _flat(row, ()))
        )
        if waiting[flat] > 0:
            return flat
        grouping = self.request.grouping
        averages = {one.alias for one in grouping.aggregates if one.method == "average"} if grouping else set()
        return next((other for other, left in waiting.items() if left > 0 and _near(flat, other, averages)), None)


def _flat(row: Row, above: tuple[str, ...]) -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if "@" in name:
            continue
        if isinstance(value, dict):
            yield from _flat(value, (*above, name))
        else:
            yield "/".join((*above, name)), value


def _near(one: tuple[tuple[str, Any], ...], other: tuple[tuple[str, Any], ...], averages: set[str]) -> bool:
    if [path for path, _ in one] != [path for path, _ in other]:
        return False
    return all(
        left == right or (path in averages and None not in (left, right) and abs(left - right) <= NEAR * abs(right))
        for (path, left), (_, right) in zip(one, other, strict=True)
    )


class _Sorted:
    """A sort key: null before every value, or after each when it is descending."""

    def __init__(self, value: Any, descending: bool) -> None:
        self.value, self._descending = value, descending

    def __lt__(self, other: _Sorted) -> bool:
        first, second = (other, self) if self._descending else (self, other)
        if first.value is None or second.value is None:
            return first.value is None and second.value is not None
        return bool(first.value < second.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sorted) and self.value == other.value

    def __hash__(self) -> int:
        return hash(str(self.value))


def _frozen(key: list[_Sorted]) -> tuple[Any, ...]:
    return tuple(str(one.value) if isinstance(one.value, tuple) else one.value for one in key)


def read_rows(rows: Iterable[Mapping[str, Any]], entity_set: EntitySet) -> list[Row]:
    """Return rows of JSON, as they come without options, with the values of expressions."""
    types = {one.name: one.type for one in entity_set.properties}
    return [{name: python_value(value, types[name]) for name, value in row.items()} for row in rows]
