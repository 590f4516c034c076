"""What the names in an expression are in SQL: properties of a set, and of other sets by way of left joins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.functions import ArgumentType
from services.api.odata.model import Additivity, Edm, UnknownName

if TYPE_CHECKING:
    from services.api.odata.model import EntitySet, Model, Navigation, Property

KINDS = {
    Edm.STRING: ArgumentType.STRING,
    Edm.DECIMAL: ArgumentType.DECIMAL,
    Edm.INT32: ArgumentType.INTEGER,
    Edm.INT64: ArgumentType.INTEGER,
    Edm.BOOLEAN: ArgumentType.BOOLEAN,
    Edm.DATE: ArgumentType.DATE,
    Edm.DATE_TIME_OFFSET: ArgumentType.MOMENT,
    Edm.GUID: ArgumentType.GUID,
}

# More joins than any question needs cost the database more to plan than to run.
MOST_JOINS = 16


@dataclass(slots=True)
class Parameters:
    """The values that a statement is sent with; nothing of a client's is ever in the SQL itself."""

    values: dict[str, Any] = field(default_factory=dict)

    def hold(self, value: object, sql_type: str) -> str:
        """Return the placeholder of a value, cast to its type."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{sql_type}"


@dataclass(frozen=True, slots=True)
class Field:
    """A property at the end of a path: its SQL and what it may be used for; `sort_sql` as for a property."""

    name: str
    sql: str
    type: Edm
    nullable: bool
    additive: Additivity = Additivity.NEVER
    sort_sql: str | None = None


@dataclass(slots=True)
class Scope:
    """A set whose properties can be named, and the joins that the names used so far need, by their paths.

    Nothing of a client's is an alias: PostgreSQL cuts names after 63 bytes, so that two would become one.
    """

    entity_set: EntitySet
    model: Model
    joins: dict[tuple[str, ...], _Join] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The SQL after FROM."""
        return " ".join((self.entity_set.source, *(join.sql for join in self.joins.values())))

    def resolve(self, segments: tuple[str, ...], at: int) -> Field:
        """Return what a path leads to.

        Raises:
            InvalidExpression: a name of the path is unknown, or the path ends at another set.
            UnsupportedConstruct: with this path there are more ways to other sets than a statement may have.
        """
        try:
            return self._resolve(segments, at)
        except UnknownName as error:
            is_own = error.owner == self.entity_set.name
            place = f"; {self.entity_set.name} has {', '.join(self.entity_set.names())}" if is_own else ""
            raise InvalidExpression(f"{error.owner} has no property of this name{place}", at) from None

    def _resolve(self, segments: tuple[str, ...], at: int) -> Field:
        whole = "/".join(segments)
        # What $apply made has properties with a slash in their names.
        own = {known.name: known for known in self.entity_set.properties}.get(whole)
        if own is not None:
            return Field(own.name, f"({own.sql})", own.type, own.nullable, own.additive, own.sort_sql)
        holder = self.entity_set
        sqls = {known.name: known.sql for known in holder.properties}
        alias = ""
        for length, name in enumerate(segments[:-1], start=1):
            navigation = holder.navigation(name)
            holder = self.model.entity_set(navigation.target)
            alias = self._joined(segments[:length], navigation, holder, sqls, at)
            sqls = {known.name: f"{alias}.{_quoted(known.name)}" for known in holder.properties}
        end = holder.property(segments[-1])
        sort_sql = end.sort_sql and f"{alias}.{_quoted(_sort_column(end))}"
        return Field(whole, sqls[end.name], end.type, nullable=True, sort_sql=sort_sql)

    def _joined(
        self, path: tuple[str, ...], navigation: Navigation, target: EntitySet, own: dict[str, str], at: int
    ) -> str:
        """Return the alias of the row that a path of navigations leads to, joined once however often it is named."""
        join = self.joins.get(path)
        if join is None:
            if len(self.joins) == MOST_JOINS:
                raise UnsupportedConstruct(f"more than {MOST_JOINS} ways to other sets in one request", at)
            alias = f"j{len(self.joins)}"
            join = self.joins[path] = _Join(alias, _join(navigation, target, own, alias))
        return join.alias


@dataclass(frozen=True, slots=True)
class _Join:
    alias: str
    sql: str


def _join(navigation: Navigation, target: EntitySet, own: dict[str, str], alias: str) -> str:
    """Return the left join to the one row, if any, that a navigation leads to."""
    columns = [f"{known.sql} AS {_quoted(known.name)}" for known in target.properties]
    columns += [f"{known.sort_sql} AS {_quoted(_sort_column(known))}" for known in target.properties if known.sort_sql]
    keys = " AND ".join(f"{alias}.{_quoted(theirs)} = {own[ours]}" for ours, theirs in navigation.keys)
    return f"LEFT JOIN (SELECT {', '.join(columns)} FROM {target.source}) AS {alias} ON {keys}"


def _sort_column(known: Property) -> str:
    return f"{known.name} sort key"


def _quoted(name: str) -> str:
    """Return a name of the model as an identifier of SQL."""
    return f'"{name}"'
