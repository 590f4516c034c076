"""Parses `$filter` and `$orderby` into the nodes of `syntax`, knowing nothing of the model.

The text is decoded before it comes here, and a plus is a plus.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING
from typing import Literal as Choice

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken

from services.api.odata import literals
from services.api.odata.errors import InvalidExpression, UnsupportedConstruct
from services.api.odata.functions import FUNCTIONS, UNSUPPORTED
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
    from collections.abc import Callable

LONGEST = 16_384
# A chain of `or` counts as one level, however long and however it is put into parentheses.
DEEPEST = 64

_MISPLACED = "something that cannot stand here"
_VARIABLES = {
    "$it": "$it",
    "$this": "$this",
    "$these": "$these",
    "$root": "$root",
    "$count": "$count of a collection",
    "$filter": "$filter in a path",
}


def parse_filter(text: str) -> Expression:
    """Return the condition that `text` states.

    Raises:
        InvalidExpression: it is no expression of OData, is too long or is nested too deeply.
        UnsupportedConstruct: it is one that this service does not take.
    """
    return read_expression(children(parse(text, "expression"))[0])


def parse_orderby(text: str) -> tuple[tuple[Expression, bool], ...]:
    """Return what to sort by, each with whether it is descending.

    Raises:
        InvalidExpression, UnsupportedConstruct: as for a filter.
    """
    orders = []
    for order in children(parse(text, "ordering")):
        descending = any(direction.strip().lower() == "desc" for direction in tokens(order))
        orders.append((read_expression(children(order)[0]), descending))
    return tuple(orders)


def read_expression(tree: Tree[Token]) -> Expression:
    """Return what a node of the grammar's tree says.

    Raises:
        InvalidExpression, UnsupportedConstruct: as for a filter.
    """
    return _READERS[tree.data](tree)


def _junction(tree: Tree[Token]) -> Expression:
    """Read a chain of `or` or `and`, whichever way it was put into parentheses."""
    operands: list[Expression] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node.data == tree.data:
            waiting.extend(reversed(children(node)))
        else:
            operands.append(read_expression(node))
    return Junction("or" if tree.data == "either" else "and", tuple(operands), position(tree))


def _comparison(tree: Tree[Token]) -> Expression:
    left, right = children(tree)
    return Comparison(_operator(tree), read_expression(left), read_expression(right), position(tree))


def _arithmetic(tree: Tree[Token]) -> Expression:
    left, right = children(tree)
    return Arithmetic(_operator(tree), read_expression(left), read_expression(right), position(tree))


def _operator(tree: Tree[Token]) -> str:
    return tokens(tree)[0].strip().lower()


def _negation(tree: Tree[Token]) -> Expression:
    return Negation(read_expression(children(tree)[0]), position(tree))


def _complement(tree: Tree[Token]) -> Expression:
    return Complement(read_expression(children(tree)[0]), position(tree))


def _membership(tree: Tree[Token]) -> Expression:
    operand, members = children(tree)
    if members.data != "list":
        raise UnsupportedConstruct("in with a collection instead of a list in parentheses", position(members))
    read = [read_expression(member) for member in children(members)]
    literals_only = tuple(member for member in read if isinstance(member, Literal))
    if len(literals_only) < len(read):
        if len(read) == 1:
            raise UnsupportedConstruct("in with a collection instead of a list in parentheses", position(members))
        raise InvalidExpression("a list after in takes literals only", position(members))
    return Membership(read_expression(operand), literals_only, position(tree))


def _literal(tree: Tree[Token]) -> Expression:
    return literals.read(tokens(tree)[0])


def _path(tree: Tree[Token]) -> Expression:
    """Read a property, a way to one, or a function of OData; refuse by name all else that has this form."""
    segments = children(tree)
    first = tokens(segments[0])[0]
    arguments = children(segments[0])
    function = str(first).lower()
    if arguments and len(segments) == 1 and first.type in {"NAME", "QUALIFIED"}:
        if function in FUNCTIONS:
            return _call(function, segments[0])
        if function in UNSUPPORTED:
            raise UnsupportedConstruct(f"the function {function}", position(tree))
    for number, segment in enumerate(segments):
        _check_segment(segment, is_first=number == 0, is_only=len(segments) == 1)
    return Path(tuple(str(tokens(segment)[0]) for segment in segments), position(tree))


def _check_segment(segment: Tree[Token], *, is_first: bool, is_only: bool) -> None:
    """Refuse a segment of a path that is no plain name."""
    name = tokens(segment)[0]
    arguments = children(segment)
    if name.type == "NAME" and name.lower() in {"any", "all"} and arguments:
        given = children(arguments[0])
        if is_first or (name.lower() == "all" and not given) or any(child.data != "pair" for child in given):
            raise InvalidExpression(
                f"{name.lower()} stands after a collection and takes a variable, a colon and a condition",
                position(segment),
            )
        raise UnsupportedConstruct(f"the lambda operator {name.lower()}", position(segment))
    if name.type == "VARIABLE":
        if name not in _VARIABLES:
            raise InvalidExpression("OData has nothing of this name that begins with $", position(segment))
        raise UnsupportedConstruct(_VARIABLES[str(name)], position(segment))
    if name.type == "ALIAS":
        raise UnsupportedConstruct("a parameter alias or an annotation (@…)", position(segment))
    if arguments:
        raise UnsupportedConstruct("a function of the service, or a key, in an expression", position(segment))
    if name.type == "QUALIFIED":
        if is_only:
            raise InvalidExpression("the name of a type or function cannot stand alone", position(segment))
        raise UnsupportedConstruct("a type cast in a path", position(segment))


def _call(function: str, segment: Tree[Token]) -> Expression:
    groups = children(segment)
    if len(groups) > 1:
        raise InvalidExpression(f"{function} cannot be called twice", position(segment))
    given = children(groups[0])
    counts = sorted({len(overload.takes) for overload in FUNCTIONS[function]})
    if len(given) not in counts or any(argument.data in {"pair", "named"} for argument in given):
        raise InvalidExpression(f"{function} takes {' or '.join(map(str, counts))} arguments", position(segment))
    return Call(function, tuple(read_expression(argument) for argument in given), position(segment))


def _refuse(name: str) -> Callable[[Tree[Token]], Expression]:
    def refuse(tree: Tree[Token]) -> Expression:
        raise UnsupportedConstruct(name, position(tree))

    return refuse


_READERS: dict[str, Callable[[Tree[Token]], Expression]] = {
    "either": _junction,
    "both": _junction,
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "negation": _negation,
    "complement": _complement,
    "membership": _membership,
    "literal": _literal,
    "path": _path,
    "flags": _refuse("the operator has"),
    "array": _refuse("an array"),
    "object": _refuse("an object"),
}


def parse(text: str, start: Choice["expression", "ordering", "pipeline"]) -> Tree[Token]:
    """Return the tree of a text.

    Raises:
        InvalidExpression: the grammar does not know it, it is too long or it is nested too deeply.
    """
    if len(text) > LONGEST:
        raise InvalidExpression(f"the text goes on beyond {LONGEST} characters", LONGEST)
    try:
        tree = _grammar().parse(text, start=start)
    except UnexpectedCharacters as error:
        raise InvalidExpression(_MISPLACED, error.pos_in_stream or 0) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise InvalidExpression("the text ends too early", len(text)) from None
        raise InvalidExpression(_MISPLACED, error.token.start_pos or 0) from None
    _check_depth(tree)
    return tree


def children(tree: Tree[Token]) -> list[Tree[Token]]:
    """Return what hangs below a node, apart from bare tokens."""
    return [child for child in tree.children if isinstance(child, Tree)]


def tokens(tree: Tree[Token]) -> list[Token]:
    """Return the bare tokens of a node."""
    return [child for child in tree.children if isinstance(child, Token)]


def position(tree: Tree[Token]) -> int:
    """Return where in the text a node begins, counted from 0."""
    return 0 if tree.meta.empty else tree.meta.start_pos


@cache
def _grammar() -> Lark:
    return Lark(
        FilePath(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        start=["expression", "ordering", "pipeline"],
        propagate_positions=True,
        maybe_placeholders=False,
    )


def _check_depth(tree: Tree[Token]) -> None:
    """Look for nesting without recursion, which deep nesting would be too much for."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise InvalidExpression(f"what stands here is nested more than {DEEPEST} deep", position(node))
        for child in children(node):
            is_same_chain = child.data == node.data and node.data in {"either", "both"}
            is_same_level = is_same_chain or child.data in {"segment", "arguments"}
            waiting.append((child, depth if is_same_level else depth + 1))
