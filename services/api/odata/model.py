"""What an OData model is made of, as data: typed properties over SQL, ways to the dimensions, and what may be added.

Everything that the query options do not know by themselves is here, above all the rules of `$apply`: a property
says whether it adds up, a set says what must be the same in all rows before it does, and which figures are
confidential.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownName(LookupError):
    """The model knows nothing by a name; `name` is what was asked for, `owner` where."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"{owner} has nothing named {name}")
        self.name = name
        self.owner = owner


class UnknownProperty(UnknownName):
    """An entity set has no property of this name."""


class UnknownNavigation(UnknownName):
    """An entity set has no navigation of this name."""


class UnknownSet(UnknownName):
    """The model has no entity set of this name."""


class Edm(StrEnum):
    """The primitive types that the model uses, by the names that OData gives them."""

    STRING = "Edm.String"
    DECIMAL = "Edm.Decimal"
    INT32 = "Edm.Int32"
    INT64 = "Edm.Int64"
    BOOLEAN = "Edm.Boolean"
    DATE = "Edm.Date"
    DATE_TIME_OFFSET = "Edm.DateTimeOffset"
    GUID = "Edm.Guid"


class Additivity(Enum):
    """Whether the values of several rows may be added, and so averaged."""

    # A share, a code, a date: a sum of it says nothing.
    NEVER = "never"
    # Only rows that meet every requirement of the set.
    WITHIN_REQUIREMENTS = "within requirements"
    # Any rows, such as what single activities cost.
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Property:
    """A column: `sql` is an expression over the aliases in the set's source, and yields `type`.

    `sort_sql` is what rows are sorted by instead, where text is not sorted by its characters' numbers: for names. It is
    null where `sql` is, and two rows have the same where they have the same text.

    A decimal has no zeros at its end: it is written as it is, since trimming each anew is what a large page would feel.
    """

    name: str
    type: Edm
    sql: str
    nullable: bool = True
    additive: Additivity = Additivity.NEVER
    sort_sql: str | None = None


def name_property(public_name: str, sql: str, *, stored_key: str | None = None, nullable: bool = False) -> Property:
    """Return a property that is a name, sorted in Swedish order; `stored_key` is its sort key where that is stored."""
    return Property(public_name, Edm.STRING, sql, nullable, sort_sql=stored_key or sort_key(sql))


def sort_key(sql: str) -> str:
    """Return the SQL of what names are sorted by, in Swedish order."""
    return f'name_sort_key({sql}) COLLATE "C"'


@dataclass(frozen=True, slots=True)
class Navigation:
    """The way to one row of another set or to none; `keys` are pairs of own property and the target's property."""

    name: str
    target: str
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold before rows are added.

    One of `paths` (`periodType`, `Area/kind`) is grouped by or fixed by a filter, or else `unless` holds: an SQL
    condition over the aliases in the set's source that every row must meet; None: there is no way round.
    `reason` is for who gets no sum: one sentence of why.
    """

    paths: tuple[str, ...]
    reason: str
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Confidential:
    """Figures that some rows do not show, or do not know: where `condition` (SQL) holds, `properties` are null.

    A sum or average of such a property over rows of which one is confidential is null, for it would be wrong without
    that row.
    """

    condition: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntitySet:
    """Rows of one kind; `source` is the SQL after FROM, `entity` the name of a row's type."""

    name: str
    entity: str
    key: tuple[str, ...]
    source: str
    properties: tuple[Property, ...]
    navigations: tuple[Navigation, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    confidential: Confidential | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names of what a row has: its properties, then its navigations."""
        return (*(known.name for known in self.properties), *(known.name for known in self.navigations))

    def property(self, name: str) -> Property:
        """Return the property of this name, which is case-sensitive.

        Raises:
            UnknownProperty: there is none.
        """
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        raise UnknownProperty(name, self.name)

    def navigation(self, name: str) -> Navigation:
        """Return the navigation of this name.

        Raises:
            UnknownNavigation: there is none.
        """
        for candidate in self.navigations:
            if candidate.name == name:
                return candidate
        raise UnknownNavigation(name, self.name)


@dataclass(frozen=True, slots=True)
class Model:
    """Every entity set, by its name."""

    sets: Mapping[str, EntitySet]

    def entity_set(self, name: str) -> EntitySet:
        """Return the set of this name.

        Raises:
            UnknownSet: there is none.
        """
        if name not in self.sets:
            raise UnknownSet(name, "the service")
        return self.sets[name]
