"""Parses the steps of `$apply`: which rows, grouped by what, with which aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.parser import children, parse, position, read_expression, tokens
from services.api.odata.syntax import Aggregate, Grouping, Narrowing, Path, Pipeline

if TYPE_CHECKING:
    from lark import Token, Tree

METHODS = frozenset({"sum", "min", "max", "average", "countdistinct"})


def parse_apply(text: str) -> Pipeline:
    """Return the steps of `$apply`, in order.

    Raises:
        InvalidExpression, UnsupportedConstruct: as for a filter; a transformation that is not supported, too.
    """
    return _pipeline(parse(text, "pipeline"))


def _pipeline(tree: Tree[Token]) -> Pipeline:
    steps: list[Narrowing | Grouping] = []
    for step in children(tree):
        if step.data == "other":
            raise UnsupportedConstruct(
                "a transformation of $apply other than filter, groupby and aggregate", position(step)
            )
        if step.data == "narrowing":
            steps.append(Narrowing(read_expression(children(step)[0])))
        elif step.data == "aggregation":
            steps.append(Grouping((), tuple(map(_aggregate, children(step))), position(step)))
        else:
            steps.append(_grouping(step))
    return tuple(steps)


def _grouping(tree: Tree[Token]) -> Grouping:
    paths = tuple(_plain_path(child) for child in children(tree) if child.data == "path")
    inner = [step for child in children(tree) if child.data == "inner" for step in children(child)]
    # A filter inside would leave groups without rows, which to OData are rows of the result still.
    if len(inner) > 1 or any(step.data != "aggregation" for step in inner):
        raise UnsupportedConstruct("groupby with anything but a single aggregate inside", position(tree))
    aggregates = tuple(_aggregate(child) for step in inner for child in children(step))
    return Grouping(paths, aggregates, position(tree))


def _plain_path(tree: Tree[Token]) -> Path:
    read = read_expression(tree)
    if not isinstance(read, Path):
        raise UnsupportedConstruct("an expression where a property stands", position(tree))
    return read


def _aggregate(tree: Tree[Token]) -> Aggregate:
    parts = {child.data: child for child in children(tree)[1:]}
    if "from" in parts:
        raise UnsupportedConstruct("aggregate with from", position(tree))
    if "alias" not in parts:
        raise InvalidExpression("an aggregate has a name of its own, given after as", position(tree))
    alias = str(tokens(parts["alias"])[0])
    figure = children(tree)[0]
    if _is_row_count(figure):
        if "method" in parts:
            raise InvalidExpression("$count takes no method", position(tree))
        return Aggregate("count", None, alias, position(tree))
    path = _plain_path(figure)
    if "method" not in parts:
        raise InvalidExpression("an aggregate names its method after with", position(tree))
    method = "/".join(str(tokens(segment)[0]) for segment in children(children(parts["method"])[0])).lower()
    if method not in METHODS:
        raise UnsupportedConstruct(f"an aggregation method other than {', '.join(sorted(METHODS))}", position(tree))
    return Aggregate(method, path, alias, position(tree))


def _is_row_count(tree: Tree[Token]) -> bool:
    if tree.data != "path":
        return False
    segments = children(tree)
    return len(segments) == 1 and segments[0].children == ["$count"]
