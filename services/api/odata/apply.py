"""Compiles `$apply` to a set of its own, whose rows are the groups, and refuses to add what does not add up.

The model decides what may be added: by each property, and by the requirements of the set. Percentages are never
added or averaged, since a mean of shares is not the share of the whole; their numerators and denominators are, where
nothing counts twice. Smallest, largest and distinct values of any rows are what they say, and need no more.

A confidential figure is null, and so in no aggregate: whatever is served is made of figures that are served themselves.
A sum or an average is null where one of its rows is confidential, since it would be wrong without that one. Smallest,
largest and distinct values are those of the figures that are there: of none, no smallest or largest, and 0 distinct.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.odata.compilation import compile_condition
from services.api.odata.errors import InvalidExpression, NotAdditive, UnsupportedConstruct
from services.api.odata.model import Additivity, Edm, EntitySet, Property, name_property, sort_key
from services.api.odata.scope import Field, Parameters, Scope
from services.api.odata.syntax import (
    Aggregate,
    Comparison,
    Expression,
    Grouping,
    Junction,
    Literal,
    Membership,
    Narrowing,
    Path,
    Pipeline,
)

if TYPE_CHECKING:
    from services.api.odata.model import Model, Requirement

_NUMBERS = frozenset({Edm.DECIMAL, Edm.INT32, Edm.INT64})
_ORDERED = _NUMBERS | {Edm.STRING, Edm.DATE, Edm.DATE_TIME_OFFSET}
_SQL = {
    "sum": "trim_scale(sum({}))",
    "average": "trim_scale(avg({}))",
    "min": "min({})",
    "max": "max({})",
    "countdistinct": "count(DISTINCT {})",
}
_ADDING = frozenset({"sum", "average"})


@dataclass(frozen=True, slots=True)
class Guard:
    """A SELECT that must find nothing before the figures may be read; else `refusal` is the answer."""

    sql: str
    refusal: NotAdditive


@dataclass(frozen=True, slots=True)
class Applied:
    """What `$apply` leaves: a set to go on with, conditions that still narrow it, and what must be checked first."""

    entity_set: EntitySet
    conditions: tuple[Expression, ...]
    guards: tuple[Guard, ...]


def compile_apply(pipeline: Pipeline, entity_set: EntitySet, model: Model, parameters: Parameters) -> Applied:
    """Compile the steps one after the other.

    Raises:
        NotAdditive: a sum or an average of what does not add up, as far as the query alone tells.
        InvalidExpression: a name is unknown or taken, or types do not fit.
        UnsupportedConstruct: there is a second grouping.
    """
    conditions: list[Expression] = []
    guards: tuple[Guard, ...] = ()
    groupings = 0
    for step in pipeline:
        if isinstance(step, Narrowing):
            conditions.append(step.condition)
            continue
        groupings += 1
        if groupings > 1:
            raise UnsupportedConstruct("a second groupby or aggregate in $apply", step.at)
        entity_set, guards = _group(step, conditions, Scope(entity_set, model), parameters)
        conditions = []
    return Applied(entity_set, tuple(conditions), guards)


def _group(
    grouping: Grouping, conditions: list[Expression], scope: Scope, parameters: Parameters
) -> tuple[EntitySet, tuple[Guard, ...]]:
    groups = [scope.resolve(path.segments, path.at) for path in grouping.paths]
    _check_names(grouping, [group.name for group in groups])
    figures = [_aggregated(aggregate, scope) for aggregate in grouping.aggregates]
    fixed = {group.name for group in groups} | _fixed(conditions)
    unmet = _unmet(grouping, scope, fixed)
    where = " AND ".join(compile_condition(condition, scope, parameters) for condition in conditions) or "TRUE"
    columns = [*groups, *figures]
    # Columns by number: PostgreSQL would cut a client's names after 63 bytes, and repeat them where it fails.
    selected = ", ".join(f"{column.sql} AS c{number}" for number, column in enumerate(columns)) or "1"
    grouped = ", ".join(str(number) for number in range(1, len(groups) + 1))
    rows = f"SELECT {selected} FROM {scope.source} WHERE {where}{f' GROUP BY {grouped}' if grouped else ''}"
    applied = EntitySet(
        name=scope.entity_set.name,
        entity=scope.entity_set.entity,
        key=tuple(group.name for group in groups),
        source=f"({rows}) AS applied",
        properties=tuple(_regrouped(column, f"applied.c{number}") for number, column in enumerate(columns)),
    )
    return applied, tuple(_guard(requirement, scope, where) for requirement in unmet)


def _regrouped(column: Field, sql: str) -> Property:
    """Return a column of the result as a property of its own; a name stays one."""
    return (
        name_property(column.name, sql, nullable=True) if column.sort_sql else Property(column.name, column.type, sql)
    )


def _check_names(grouping: Grouping, groups: list[str]) -> None:
    names = Counter([*groups, *(aggregate.alias for aggregate in grouping.aggregates)])
    if any(count > 1 for count in names.values()):
        raise InvalidExpression("two columns of the result have one name", grouping.at)
    navigations = {name.partition("/")[0] for name in groups if "/" in name}
    if navigations & set(names):
        raise InvalidExpression("a column of the result has the name of a navigation", grouping.at)


def _aggregated(aggregate: Aggregate, scope: Scope) -> Field:
    """Return an aggregate as a column; counts are decimals without a fraction, as OData has it."""
    if aggregate.path is None:
        return Field(aggregate.alias, "count(*)", Edm.DECIMAL, nullable=False)
    figure = scope.resolve(aggregate.path.segments, aggregate.path.at)
    if aggregate.method in _ADDING:
        _check_additive(figure, aggregate)
    elif aggregate.method != "countdistinct" and figure.type not in _ORDERED:
        raise InvalidExpression(f"{aggregate.method} takes what has an order", aggregate.path.at)
    keeps_type = aggregate.method in {"min", "max"}
    if keeps_type and figure.sort_sql is not None:
        # The name itself follows its key.
        first = f"split_part({_SQL[aggregate.method].format(figure.sort_sql)}, chr(1), 2)"
        return Field(aggregate.alias, first, figure.type, nullable=True, sort_sql=sort_key(first))
    sql = _SQL[aggregate.method].format(figure.sql)
    confidential = scope.entity_set.confidential
    if aggregate.method in _ADDING and confidential is not None and figure.name in confidential.properties:
        sql = f"CASE WHEN count(*) FILTER (WHERE {confidential.condition}) = 0 THEN {sql} END"
    return Field(aggregate.alias, sql, figure.type if keeps_type else Edm.DECIMAL, nullable=True)


def _check_additive(figure: Field, aggregate: Aggregate) -> None:
    if "/" in figure.name:
        raise NotAdditive(
            f"{figure.name} belongs to a dimension and stands beside every row that refers to it.",
            "Aggregate it over the dimension's own entity set.",
        )
    if figure.additive is Additivity.NEVER or figure.type not in _NUMBERS:
        raise NotAdditive(
            f"{figure.name} is no amount: a {aggregate.method} of it says nothing about the whole.",
            "For a share, take the sum of the numerators and the sum of the denominators, and divide them.",
        )


def _unmet(grouping: Grouping, scope: Scope, fixed: set[str]) -> list[Requirement]:
    """Return the requirements that only the rows themselves can still meet.

    Raises:
        NotAdditive: there is one that they cannot meet either.
    """
    if not any(_has_requirements(aggregate, scope) for aggregate in grouping.aggregates):
        return []
    unmet = [requirement for requirement in scope.entity_set.requirements if fixed.isdisjoint(requirement.paths)]
    for requirement in unmet:
        if requirement.unless is None:
            raise _refusal(requirement)
    return unmet


def _has_requirements(aggregate: Aggregate, scope: Scope) -> bool:
    if aggregate.path is None or aggregate.method not in _ADDING:
        return False
    figure = scope.resolve(aggregate.path.segments, aggregate.path.at)
    return figure.additive is Additivity.WITHIN_REQUIREMENTS


def _refusal(requirement: Requirement) -> NotAdditive:
    names = " or ".join(requirement.paths)
    return NotAdditive(requirement.reason, f"Group by {names}, or filter on a single value of it.")


def _guard(requirement: Requirement, scope: Scope, where: str) -> Guard:
    sql = f"SELECT 1 FROM {scope.source} WHERE {where} AND NOT coalesce({requirement.unless}, FALSE) LIMIT 1"
    return Guard(sql, _refusal(requirement))


def _fixed(conditions: list[Expression]) -> set[str]:
    """Return the paths that have the same value, not null, in every row for which the conditions hold."""
    fixed = set()
    waiting = list(conditions)
    while waiting:
        condition = waiting.pop()
        if isinstance(condition, Junction) and condition.operator == "and":
            waiting.extend(condition.operands)
        elif isinstance(condition, Comparison) and condition.operator == "eq":
            fixed |= _path_and_value(condition.left, condition.right)
            fixed |= _path_and_value(condition.right, condition.left)
        elif isinstance(condition, Membership) and len(condition.members) == 1:
            fixed |= _path_and_value(condition.operand, condition.members[0])
    return fixed


def _path_and_value(path: Expression, value: Expression) -> set[str]:
    if isinstance(path, Path) and isinstance(value, Literal) and value.value is not None:
        return {"/".join(path.segments)}
    return set()
