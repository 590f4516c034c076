"""Random requests to the feed, each of sound types: options, and the same as trees that `evaluation` can evaluate.

A tree is (what, *operands) as in `expression_trees`, whose functions write it and know what it means. Everything comes
from one `random.Random`, so that a seed and a number name a request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID

from services.api.odata.model import Edm, EntitySet, Model

Tree = tuple[Any, ...]

KINDS = {
    Edm.STRING: "text",
    Edm.DECIMAL: "number",
    Edm.INT32: "number",
    Edm.INT64: "number",
    Edm.DATE: "date",
    Edm.DATE_TIME_OFFSET: "moment",
    Edm.GUID: "guid",
    Edm.BOOLEAN: "truth",
}
LITERALS: dict[str, tuple[Any, ...]] = {
    "text": ("", "a", "all", "1282", "12", "month", "Ö", "å b", "O'b", "%_\\", "a+b"),
    "number": (-3, 0, 1, 2, 7, 12, 2016, Fraction(1, 4), Fraction(-5, 2)),
    "date": (date(2016, 2, 29), date(2016, 1, 1), date(1, 1, 1), date(9999, 12, 31)),
    "moment": (datetime(2016, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 12, 1, 0, 250000, tzinfo=UTC)),
    "guid": (UUID(int=1), UUID(int=2**127)),
    "truth": (True, False),
}
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
# Only by these does every decimal division come to an end.
DIVISORS = (None, 0, 1, 2, -4, 5, Fraction(1, 2))
# As long as names may be, and alike for as long as identifiers of PostgreSQL are: `trials C12`.
LONG = "a" * 100
ALIASES = ("total", "n", "value", "json", "k0", "applied", "number", "Åtgärder", f"{LONG}x", f"{LONG}y")
FORMATS = ("application/json;odata.metadata=none", "application/json;IEEE754Compatible=true", "json")


@dataclass(frozen=True, slots=True)
class Named:
    """What a path leads to: its type, and some of the values that it has."""

    path: str
    type: Edm
    values: tuple[Any, ...] = ()

    @property
    def kind(self) -> str:
        return KINDS[self.type]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column of `$apply`: `method` of `path` under `alias`; a count of rows has neither."""

    alias: str
    method: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """`groupby` with aggregates inside, or `aggregate` alone; conditions before and after it."""

    before: tuple[Tree, ...]
    paths: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    after: tuple[Tree, ...]


@dataclass(slots=True)
class Request:
    """A request of all rows of a set, page by page."""

    entity_set: EntitySet
    filter: Tree | None = None
    order: list[tuple[Tree, bool]] = field(default_factory=list)
    grouping: Grouping | None = None
    narrowed: tuple[Tree, ...] = ()
    select: list[str] | None = None
    expand: dict[str, list[str] | None] = field(default_factory=dict)
    top: int | None = None
    skip: int | None = None
    count: bool = False
    format: str | None = None
    page_size: int | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes trees from what can be named."""

    random: Random
    named: Sequence[Named]

    def of(self, kind: str, depth: int = 2) -> Tree:
        if kind == "condition":
            return self.condition(depth)
        if kind == "number":
            return self.number(depth)
        return self.text(depth) if kind == "text" else self.days(kind, depth)

    def leaf(self, kind: str) -> Tree:
        """Return a property, or a literal: one of its values, one of nobody's or null."""
        properties = [one for one in self.named if one.kind == kind]
        if not properties or self.random.random() < 0.3:
            known = [value for one in properties for value in one.values]
            values = known if known and self.random.random() < 0.6 else [*LITERALS[kind], None]
            return ("literal", self.random.choice(values))
        return ("property", self.random.choice(properties).path)

    def days(self, kind: str, depth: int) -> Tree:
        if kind == "date" and depth and self.random.random() < 0.1:
            return ("date", self.leaf("moment"))
        return self.leaf(kind)

    def text(self, depth: int) -> Tree:
        if not depth or self.random.random() < 0.7:
            return self.leaf("text")
        what = self.random.choice(("tolower", "toupper", "trim", "concat", "substring", "substring"))
        if what == "concat":
            return (what, self.text(depth - 1), self.text(depth - 1))
        if what == "substring":
            bounds = [("literal", self.random.randrange(5)) for _ in range(self.random.choice((1, 2)))]
            return (what, self.text(depth - 1), *bounds)
        return (what, self.text(depth - 1))

    def number(self, depth: int) -> Tree:
        if not depth or self.random.random() < 0.5:
            return self.leaf("number")
        ways: tuple[Callable[[], Tree], ...] = (
            lambda: ("length", self.text(depth - 1)),
            lambda: ("indexof", self.text(depth - 1), self.text(depth - 1)),
            lambda: (self.random.choice(("year", "month", "day")), self.of(self.random.choice(("date", "moment")), 0)),
            lambda: (self.random.choice(("hour", "minute", "second", "fractionalseconds")), self.leaf("moment")),
            lambda: (self.random.choice(("add", "sub", "mul")), self.number(depth - 1), self.number(depth - 1)),
            lambda: (
                self.random.choice(("div", "divby", "mod")),
                self.number(depth - 1),
                ("literal", self.random.choice(DIVISORS)),
            ),
            lambda: (self.random.choice(("neg", "round", "floor", "ceiling")), self.number(depth - 1)),
        )
        return self.random.choice(ways)()

    def condition(self, depth: int = 2) -> Tree:
        chance = self.random.random()
        if depth and chance < 0.3:
            both = (self.condition(depth - 1), self.condition(depth - 1))
            return (self.random.choice(("and", "or", "and", "or", "eq", "ne")), *both)
        if depth and chance < 0.4:
            return ("not", self.condition(depth - 1))
        if chance < 0.5:
            what = self.random.choice(("contains", "startswith", "endswith"))
            return (what, self.text(1), self.text(1))
        kind = self.random.choice([*LITERALS, *(one.kind for one in self.named)])
        if chance < 0.6:
            members = [self.leaf(kind) for _ in range(self.random.randrange(1, 5))]
            return ("in", self.leaf(kind), tuple(value for what, value in members if what == "literal"))
        if chance < 0.62:
            return ("literal", self.random.choice((True, False, None)))
        return (self.random.choice(COMPARISONS), self.of(kind), self.of(kind))

    def order(self) -> tuple[Tree, bool]:
        kind = self.random.choice([*(one.kind for one in self.named), "text", "number", "condition"])
        plain = [one for one in self.named if one.kind == kind]
        is_plain = plain and self.random.random() < 0.6
        tree: Tree = ("property", self.random.choice(plain).path) if is_plain else self.of(kind)
        return tree, self.random.random() < 0.4


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes requests to one set; `named` is what can be named there, by way of navigations too."""

    random: Random
    model: Model
    entity_set: EntitySet
    named: Sequence[Named]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def request(self) -> Request:
        made = Request(self.entity_set)
        writer = Writer(self.random, self.named)
        if self.chance(0.4):
            self._apply(made, writer)
        columns = self.named
        if made.grouping is not None:
            columns = self._grouped(made.grouping)
            writer = Writer(self.random, columns)
        if self.chance(0.6):
            made.filter = writer.condition(self.random.randrange(3))
        if self.chance(0.6):
            made.order = [writer.order() for _ in range(self.random.randrange(1, 4))]
        self._choose(made, columns)
        made.count = self.chance(0.3)
        made.top = self.random.choice((0, 1, 7, 50)) if self.chance(0.3) else None
        made.skip = self.random.choice((0, 1, 5, 10_000)) if self.chance(0.2) else None
        made.format = self.random.choice(FORMATS) if self.chance(0.2) else None
        made.page_size = self.random.choice((3, 40, 300)) if self.chance(0.3) and made.top is None else None
        if made.page_size == 3:
            made.top = 10
        return made

    def _choose(self, made: Request, columns: Sequence[Named]) -> None:
        if self.chance(0.3):
            names = list(dict.fromkeys(one.path.partition("/")[0] for one in columns))
            if made.grouping is None:
                names = [one.name for one in self.entity_set.properties]
            made.select = self.random.sample(names, self.random.randint(1, min(4, len(names)))) if names else None
        if made.grouping is None and self.entity_set.navigations and self.chance(0.3):
            for navigation in self.random.sample(
                self.entity_set.navigations, self.random.randint(1, len(self.entity_set.navigations))
            ):
                names = [one.name for one in self.model.entity_set(navigation.target).properties]
                some = self.random.sample(names, self.random.randint(1, 3)) if self.chance(0.6) else None
                made.expand[navigation.name] = some

    def _apply(self, made: Request, writer: Writer) -> None:
        before = [writer.condition(self.random.randrange(2)) for _ in range(self.random.randrange(2))]
        if self.chance(0.15):
            made.narrowed = (*before, writer.condition(1))
            return
        before = self._fixed() if self.entity_set.requirements and self.chance(0.5) else before
        paths: list[str] = []
        if self.chance(0.8):
            paths = list(dict.fromkeys(self.random.choice(self.named).path for _ in range(self.random.randrange(1, 4))))
        taken = {name for path in paths for name in (path, path.partition("/")[0])}
        aliases = [name for name in self.random.sample(ALIASES, len(ALIASES)) if name not in taken]
        number = self.random.randrange(0 if paths else 1, 4)
        aggregates = tuple(self._aggregate(alias) for alias in aliases[:number])
        grouped = self._grouped(Grouping((), tuple(paths), aggregates, ()))
        after = [Writer(self.random, grouped).condition(1)] if self.chance(0.2) else []
        made.grouping = Grouping(tuple(before), tuple(paths), aggregates, tuple(after))

    def _fixed(self) -> list[Tree]:
        """Return conditions within which figures of one indicator can be added."""
        indicator = self.random.choice(("graffiti-cleanups", "graffiti-started-in-time"))
        values = {"indicatorCode": indicator, "slice": "all", "areaKind": "county", "periodType": "month"}
        return [("eq", ("property", name), ("literal", value)) for name, value in values.items()]

    def _aggregate(self, alias: str) -> Aggregate:
        if self.chance(0.2):
            return Aggregate(alias)
        method = self.random.choice(("sum", "average", "min", "max", "countdistinct"))
        numbers = [one for one in self.named if one.kind == "number" and "/" not in one.path]
        ordered = [one for one in self.named if one.kind not in {"guid", "truth"}]
        choice = numbers if method in {"sum", "average"} and numbers else ordered
        return Aggregate(alias, method, self.random.choice(choice).path)

    def _grouped(self, grouping: Grouping) -> list[Named]:
        """Return what can be named after a grouping; averages come to no end, so they are compared with nothing."""
        known = {one.path: one for one in self.named}
        columns = [known[path] for path in grouping.paths]
        for one in grouping.aggregates:
            if one.method != "average":
                keeps = one.method in {"min", "max"} and one.path is not None
                columns.append(Named(one.alias, known[str(one.path)].type if keeps else Edm.DECIMAL))
        return columns
