"""Turns the text of an option into the tree of its grammar, in bounded time and to a bounded depth."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken

from services.api.odata.refusals import InvalidExpression

LONGEST = 16_384
# A chain of `or` counts as one level, however long and however it is put into parentheses.
DEEPEST = 64

_MISPLACED = "something that cannot stand here"


def parse(text: str, start: Literal["expression", "ordering", "pipeline"]) -> Tree[Token]:
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
        Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
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
