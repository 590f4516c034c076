"""Compiles expressions to SQL in which every value of the client's is a parameter.

Null follows OData: `eq` and `ne` know it as a value, every other comparison with it is false, functions and arithmetic
of it are null, and `and`, `or` and `not` treat it as unknown. Division by zero is null too: OData lets the whole
request fail, but SQL promises no order of evaluation, so that a filter could not even guard against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never
from uuid import UUID

from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.functions import FUNCTIONS, ArgumentType
from services.api.odata.model import sort_key
from services.api.odata.scope import KINDS
from services.api.odata.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Complement,
    Expression,
    Junction,
    Literal,
    Membership,
    Negation,
    Path,
)

if TYPE_CHECKING:
    from services.api.odata.functions import Overload
    from services.api.odata.scope import Parameters, Scope

LARGEST_INTEGER = 2**63 - 1
# With their type, since ORDER BY takes a bare constant for the number of a column.
_TRUE, _FALSE = "TRUE::boolean", "FALSE::boolean"
_WORDS = {
    ArgumentType.STRING: "a string",
    ArgumentType.INTEGER: "an integer",
    ArgumentType.DECIMAL: "a number",
    ArgumentType.BOOLEAN: "a condition",
    ArgumentType.DATE: "a date",
    ArgumentType.MOMENT: "a date with time",
    ArgumentType.TIME: "a time of day",
    ArgumentType.GUID: "a Guid",
    ArgumentType.NULL: "null",
}
_RELATIONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_ARITHMETIC = {
    "add": "({0} + {1})",
    "sub": "({0} - {1})",
    "mul": "({0} * {1})",
    "divby": "({0} / nullif({1}, 0))",
    "mod": "mod({0}, nullif({1}, 0))",
}
_PARTS_OF_MOMENTS = frozenset({"year", "month", "day", "hour", "minute", "date", "time"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL, what it yields, and whether that can be null; of a name, what its order follows from."""

    sql: str
    kind: ArgumentType
    nullable: bool = True
    sort_sql: str | None = None


def compile_condition(condition: Expression, scope: Scope, parameters: Parameters) -> str:
    """Return the SQL after WHERE: rows for which the condition is false or null are left out.

    Raises:
        InvalidExpression: a name is unknown, or types do not fit.
        UnsupportedConstruct: the service cannot evaluate it as OData wants.
    """
    return _Compiler(scope, parameters).condition(condition, exact=False).sql


def compile_value(expression: Expression, scope: Scope, parameters: Parameters) -> Fragment:
    """Return an expression of any type.

    Raises:
        InvalidExpression, UnsupportedConstruct: as for a condition.
    """
    return _Compiler(scope, parameters).value(expression)


@dataclass(frozen=True, slots=True)
class _Compiler:
    scope: Scope
    parameters: Parameters

    def condition(self, node: Expression, *, exact: bool = True) -> Fragment:
        """Compile to a Boolean; unless `exact`, null may stand for false, which lets indexes serve."""
        if isinstance(node, Junction):
            parts = [self.condition(operand, exact=exact) for operand in node.operands]
            sql = f" {node.operator.upper()} ".join(part.sql for part in parts)
            return Fragment(f"({sql})", ArgumentType.BOOLEAN, any(part.nullable for part in parts))
        if isinstance(node, Comparison):
            return self._comparison(node, exact=exact)
        if isinstance(node, Membership):
            return self._membership(node, exact=exact)
        if isinstance(node, Complement):
            operand = self.condition(node.operand)
            return Fragment(f"(NOT {operand.sql})", ArgumentType.BOOLEAN, operand.nullable)
        return _as(self.value(node), ArgumentType.BOOLEAN, node.at)

    def value(self, node: Expression) -> Fragment:
        """Compile to whatever the expression yields."""
        match node:
            case Literal():
                return self._literal(node)
            case Path():
                found = self.scope.resolve(node.segments, node.at)
                return Fragment(found.sql, KINDS[found.type], found.nullable, found.sort_sql)
            case Call():
                return self._call(node)
            case Negation():
                operand = _number(self.value(node.operand), node.operand.at)
                return Fragment(f"(- {_numeric(operand)})", operand.kind, operand.nullable)
            case Arithmetic():
                return self._arithmetic(node)
            case Comparison() | Membership() | Complement() | Junction():
                return self.condition(node)
            case _:
                assert_never(node)

    def _literal(self, node: Literal) -> Fragment:
        if node.value is None:
            return Fragment("NULL", ArgumentType.NULL)
        kind = _kind_of(node)
        return Fragment(self.parameters.hold(node.value, _sql_type(node)), kind, nullable=False)

    def _comparison(self, node: Comparison, *, exact: bool) -> Fragment:
        left, right = self.value(node.left), self.value(node.right)
        _check_comparable(left.kind, right.kind, node.right.at)
        if ArgumentType.NULL in {left.kind, right.kind}:
            return _comparison_with_null(node.operator, left, right)
        nullable = left.nullable or right.nullable
        if node.operator in _RELATIONS:
            is_name = left.sort_sql or right.sort_sql  # whose order is Swedish
            before, after = (one.sort_sql or sort_key(one.sql) if is_name else one.sql for one in (left, right))
            sql = f"({before} {_RELATIONS[node.operator]} {after})"
            return _never_null(f"coalesce({sql}, FALSE)" if exact and nullable else sql)
        if node.operator == "ne":
            return _never_null(f"({left.sql} {'IS DISTINCT FROM' if nullable else '<>'} {right.sql})")
        knows_null = (left.nullable and right.nullable) or (exact and nullable)
        return _never_null(f"({left.sql} {'IS NOT DISTINCT FROM' if knows_null else '='} {right.sql})")

    def _membership(self, node: Membership, *, exact: bool) -> Fragment:
        operand = self.value(node.operand)
        members = [member for member in node.members if member.value is not None]
        for member in members:
            _check_comparable(operand.kind, _kind_of(member), member.at)
        has_null = len(members) < len(node.members)
        if operand.kind is ArgumentType.NULL:
            return _never_null(_TRUE if has_null else _FALSE)
        ways = []
        if members:
            found = f"({operand.sql} = ANY({self._array(members)}))"
            ways.append(f"coalesce({found}, FALSE)" if exact and operand.nullable else found)
        if has_null:
            ways.append(f"({operand.sql} IS NULL)")
        return _never_null(f"({' OR '.join(ways)})" if ways else _FALSE)

    def _array(self, members: list[Literal]) -> str:
        types = {_sql_type(member) for member in members}
        if types <= {ArgumentType.INTEGER.value, ArgumentType.DECIMAL.value} and ArgumentType.DECIMAL.value in types:
            numbers = [Decimal(str(member.value)) for member in members]
            return self.parameters.hold(numbers, f"{ArgumentType.DECIMAL.value}[]")
        return self.parameters.hold([member.value for member in members], f"{types.pop()}[]")

    def _arithmetic(self, node: Arithmetic) -> Fragment:
        left = _number(self.value(node.left), node.left.at)
        right = _number(self.value(node.right), node.right.at)
        whole = left.kind is right.kind is ArgumentType.INTEGER and node.operator != "divby"
        if node.operator == "div":
            template = "div({0}, nullif({1}, 0))" if whole else _ARITHMETIC["divby"]
        else:
            template = _ARITHMETIC[node.operator]
        # As numeric nothing overflows, and an integer stays one.
        sql = template.format(_numeric(left), _numeric(right))
        divides = node.operator in {"div", "divby", "mod"}
        return Fragment(
            sql,
            ArgumentType.INTEGER if whole else ArgumentType.DECIMAL,
            nullable=divides or left.nullable or right.nullable,
        )

    def _call(self, node: Call) -> Fragment:
        _check_call(node)
        given = [self.value(argument) for argument in node.arguments]
        overloads = [overload for overload in FUNCTIONS[node.function] if len(overload.takes) == len(given)]
        for overload in overloads:
            if all(_fits(argument.kind, kind) for argument, kind in zip(given, overload.takes, strict=True)):
                return _called(overload, given)
        for number, argument in enumerate(given):
            wanted = [overload.takes[number] for overload in overloads]
            if not any(_fits(argument.kind, kind) for kind in wanted):
                words = " or ".join(_WORDS[kind] for kind in wanted)
                raise InvalidExpression(
                    f"{node.function} takes {words} here, not {_WORDS[argument.kind]}", node.arguments[number].at
                )
        raise InvalidExpression(f"{node.function} does not take these arguments together", node.at)


def _called(overload: Overload, given: list[Fragment]) -> Fragment:
    arguments = [
        argument if argument.kind is not ArgumentType.NULL else Fragment(f"NULL::{kind.value}", kind)
        for argument, kind in zip(given, overload.takes, strict=True)
    ]
    # What a function makes of what is not null can still be null: a substring with a negative start.
    sql = overload.sql.format(*(argument.sql for argument in arguments))
    return Fragment(sql, overload.yields, nullable=bool(given))


def _check_call(node: Call) -> None:
    """Refuse arguments for which OData wants a refusal rather than a value."""
    literals = [argument.value if isinstance(argument, Literal) else None for argument in node.arguments]
    for number, value in enumerate(literals):
        if node.function in _PARTS_OF_MOMENTS and isinstance(value, datetime) and value.utcoffset() != timedelta():
            raise UnsupportedConstruct(f"{node.function} of a literal that is not in UTC", node.arguments[number].at)
        if node.function == "substring" and isinstance(value, int) and value < 0:
            if number == 1:
                raise UnsupportedConstruct("substring with a negative start", node.arguments[number].at)
            raise InvalidExpression("the length of a substring is at least 0", node.arguments[number].at)


def _check_comparable(left: ArgumentType, right: ArgumentType, at: int) -> None:
    if left is right or ArgumentType.NULL in {left, right} or (left.is_number and right.is_number):
        return
    raise InvalidExpression(f"{_WORDS[right]} cannot be compared with {_WORDS[left]}", at)


def _comparison_with_null(operator: str, left: Fragment, right: Fragment) -> Fragment:
    if operator in _RELATIONS:
        return _never_null(_FALSE)
    if left.kind is right.kind:
        return _never_null(_TRUE if operator == "eq" else _FALSE)
    other = left if right.kind is ArgumentType.NULL else right
    return _never_null(f"({other.sql} {'IS NULL' if operator == 'eq' else 'IS NOT NULL'})")


def _never_null(sql: str) -> Fragment:
    """Return a comparison: where null is not distinguished from false, it counts as false."""
    return Fragment(sql, ArgumentType.BOOLEAN, nullable=False)


def _fits(given: ArgumentType, wanted: ArgumentType) -> bool:
    return given in {wanted, ArgumentType.NULL} or (given is ArgumentType.INTEGER and wanted is ArgumentType.DECIMAL)


def _number(fragment: Fragment, at: int) -> Fragment:
    if fragment.kind is ArgumentType.NULL:
        return Fragment("NULL", ArgumentType.DECIMAL)
    if not fragment.kind.is_number:
        raise InvalidExpression(f"one reckons with numbers, and this is {_WORDS[fragment.kind]}", at)
    return fragment


def _numeric(fragment: Fragment) -> str:
    return f"{fragment.sql}::numeric"


def _as(fragment: Fragment, kind: ArgumentType, at: int) -> Fragment:
    if fragment.kind is ArgumentType.NULL:
        return Fragment(f"NULL::{kind.value}", kind)
    if fragment.kind is not kind:
        raise InvalidExpression(f"{_WORDS[kind]} is wanted here, and this is {_WORDS[fragment.kind]}", at)
    return fragment


def _kind_of(literal: Literal) -> ArgumentType:
    # The order matters: a bool is an int, and a datetime a date.
    for python, kind in (
        (bool, ArgumentType.BOOLEAN),
        (int, ArgumentType.INTEGER),
        (Decimal, ArgumentType.DECIMAL),
        (str, ArgumentType.STRING),
        (datetime, ArgumentType.MOMENT),
        (date, ArgumentType.DATE),
        (time, ArgumentType.TIME),
        (UUID, ArgumentType.GUID),
    ):
        if isinstance(literal.value, python):
            return kind
    return ArgumentType.NULL


def _sql_type(literal: Literal) -> str:
    if isinstance(literal.value, int) and abs(literal.value) > LARGEST_INTEGER:
        return ArgumentType.DECIMAL.value
    return _kind_of(literal).value
