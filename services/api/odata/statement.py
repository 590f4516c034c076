"""Puts a query on a set together as SQL, in pieces, so that whoever pages can add where to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.odata.apply import compile_apply
from services.api.odata.compilation import compile_condition, compile_value
from services.api.odata.errors import InvalidOption, UnsupportedConstruct, blaming
from services.api.odata.functions import ArgumentType
from services.api.odata.scope import Parameters, Scope
from services.api.odata.syntax import Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from services.api.odata.apply import Guard
    from services.api.odata.model import Edm, EntitySet, Model
    from services.api.odata.options import Query
    from services.api.odata.selections import Expand
    from services.api.odata.syntax import Expression


@dataclass(frozen=True, slots=True)
class SelectedColumn:
    """A column of the answer: its place in a row's JSON, as ("Area", "name"), its type and its SQL."""

    path: tuple[str, ...]
    type: Edm
    sql: str


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by: SQL, its SQL type, and whether it can be null, which comes before all values."""

    sql: str
    type: str
    nullable: bool
    descending: bool = False

    @property
    def clause(self) -> str:
        """The terms of ORDER BY."""
        return f"{self.sql} {'DESC NULLS LAST' if self.descending else 'ASC NULLS FIRST'}"


@dataclass(frozen=True, slots=True)
class Statement:
    """The pieces of a SELECT, with the parameters of all of them.

    `source` is the SQL after FROM, `where` the SQL after WHERE. `order` is what `$orderby` asks for and no more: it
    need not identify a row, as `key` does. `present` has, for each expanded navigation, a condition of whether there is
    a row at its end. `guards` must find nothing in the same snapshot before rows or counts are read.
    `entity_set` is the set that was asked, or what `$apply` made of it.
    """

    entity_set: EntitySet
    columns: tuple[SelectedColumn, ...]
    present: Mapping[str, str]
    source: str
    where: str
    order: tuple[Order, ...]
    key: tuple[Order, ...]
    top: int | None
    skip: int | None
    parameters: Parameters
    guards: tuple[Guard, ...]

    @property
    def count_sql(self) -> str:
        """A SELECT of how many rows there are, whatever `$top` and `$skip` leave of them."""
        return f"SELECT count(*) FROM {self.source} WHERE {self.where}"


def select_statement(query: Query, entity_set: EntitySet, model: Model) -> Statement:
    """Compile a query on a set.

    Raises:
        Refusal: a name is unknown, types do not fit, something is not supported or would be added up wrongly;
            its `option` says which query option is at fault.
    """
    parameters = Parameters()
    with blaming("$apply"):
        applied = compile_apply(query.apply or (), entity_set, model, parameters)
        scope = Scope(applied.entity_set, model)
        conditions = [compile_condition(condition, scope, parameters) for condition in applied.conditions]
    with blaming("$filter"):
        if query.filter is not None:
            conditions.append(compile_condition(query.filter, scope, parameters))
    with blaming("$orderby"):
        order = tuple(_orders(query.order, scope, parameters))
    with blaming("$expand"):
        if query.expand and applied.entity_set is not entity_set:
            raise UnsupportedConstruct("$expand of what $apply has grouped")
        expanded = [column for expand in query.expand for column in _expanded(expand, scope)]
        present = {expand.navigation: _present(expand.navigation, scope) for expand in query.expand}
    with blaming("$select"):
        selected = list(_selected(query.select, applied.entity_set))
    return Statement(
        entity_set=applied.entity_set,
        columns=(*selected, *expanded),
        present=present,
        source=scope.source,
        where=" AND ".join(conditions) or "TRUE",
        order=order,
        key=tuple(_orders(((Path((name,), 0), False) for name in applied.entity_set.key), scope, parameters)),
        top=query.top,
        skip=query.skip,
        parameters=parameters,
        guards=applied.guards,
    )


def _orders(by: Iterable[tuple[Expression, bool]], scope: Scope, parameters: Parameters) -> Iterator[Order]:
    for expression, descending in by:
        value = compile_value(expression, scope, parameters)
        if value.kind is ArgumentType.NULL:
            continue
        by_name = scope.resolve(expression.segments, expression.at).sort_sql if isinstance(expression, Path) else None
        if by_name is not None:
            yield Order(by_name, value.kind.value, value.nullable, descending)
            continue
        # A computed integer may be larger than any that is stored.
        computed = value.kind is ArgumentType.INTEGER and not isinstance(expression, Path)
        sql_type = ArgumentType.DECIMAL.value if computed else value.kind.value
        yield Order(value.sql, sql_type, value.nullable, descending)


def _selected(names: tuple[str, ...] | None, entity_set: EntitySet) -> Iterator[SelectedColumn]:
    """Yield the columns that are asked for; a navigation is only a name here, its row comes by `$expand`."""
    known = {part for name in entity_set.names() for part in (name, name.partition("/")[0])}
    if names is not None and not known.issuperset(names):
        choices = ", ".join(entity_set.names())
        raise InvalidOption(f"$select names something that {entity_set.name} does not have; it has {choices}.")
    for one in entity_set.properties:
        path = tuple(one.name.split("/"))
        if names is None or one.name in names or path[0] in names:
            yield SelectedColumn(path, one.type, one.sql)


def _expanded(expand: Expand, scope: Scope) -> Iterator[SelectedColumn]:
    target = _target(expand.navigation, scope)
    if expand.select is not None and not {one.name for one in target.properties}.issuperset(expand.select):
        choices = ", ".join(one.name for one in target.properties)
        raise InvalidOption(f"$select in $expand names something that {target.name} does not have; it has {choices}.")
    for one in target.properties:
        if expand.select is None or one.name in expand.select:
            path = (expand.navigation, one.name)
            yield SelectedColumn(path, one.type, scope.resolve(path, 0).sql)


def _present(navigation: str, scope: Scope) -> str:
    key = _target(navigation, scope).key[0]
    return f"{scope.resolve((navigation, key), 0).sql} IS NOT NULL"


def _target(navigation: str, scope: Scope) -> EntitySet:
    for known in scope.entity_set.navigations:
        if known.name == navigation:
            return scope.model.entity_set(known.target)
    choices = ", ".join(known.name for known in scope.entity_set.navigations) or "none"
    raise InvalidOption(f"$expand takes the navigations of {scope.entity_set.name}: {choices}.")
