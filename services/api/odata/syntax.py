"""What an expression of OData is once it is parsed: frozen nodes that know nothing of the model or of SQL.

`at` is the position, from 0, of the node's first character in the option's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal as Choice
from typing import TypeAlias
from uuid import UUID

Value: TypeAlias = bool | int | Decimal | str | date | datetime | time | UUID | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal in the text; a datetime keeps the offset that it was written with."""

    value: Value
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """A property, or by way of navigations a property of another set: ("Area", "name")."""

    segments: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """One of OData's own functions, its name in lower case."""

    function: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """A number with its sign changed."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Complement:
    """What is true where its operand is false."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers and what to do with them."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of one type, compared."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is among literals."""

    operand: Expression
    members: tuple[Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions of which all must hold, or any; a chain of one operator is one junction, however long."""

    operator: Choice["and", "or"]
    operands: tuple[Expression, ...]
    at: int


Expression: TypeAlias = Literal | Path | Call | Negation | Complement | Arithmetic | Comparison | Membership | Junction


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A step of `$apply` that keeps the rows for which a condition holds."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column of a grouping: `method` of `path` under the name `alias`; a count of rows has no path."""

    method: str
    path: Path | None
    alias: str
    at: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """A step of `$apply` that makes one row of all rows with the same values at `paths`."""

    paths: tuple[Path, ...]
    aggregates: tuple[Aggregate, ...]
    at: int


Pipeline: TypeAlias = tuple[Narrowing | Grouping, ...]
