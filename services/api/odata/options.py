"""Reads the query options of a request.

How the parts of this package are called:

    pairs = query_pairs(request.url.query)                  # percent-decoded
    query = parse_options(pairs)                            # what is asked for; knows nothing of the model
    statement = select_statement(query, entity_set, model)  # in statement.py: the pieces of the SELECT

Each raises a `Refusal` (errors.py) whose `option` names the option at fault. InvalidExpression, InvalidOption and
NotAdditive are requests that cannot be answered (400), UnsupportedConstruct is what OData has and this
service lacks (501).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from services.api.odata.errors import InvalidOption, UnsupportedConstruct, blaming
from services.api.odata.parser import LONGEST, parse_filter, parse_orderby
from services.api.odata.selections import Expand, parse_expand, parse_select
from services.api.odata.transformations import parse_apply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.api.odata.syntax import Expression, Pipeline

TAKEN = frozenset(
    {"$apply", "$count", "$expand", "$filter", "$format", "$orderby", "$select", "$skip", "$skiptoken", "$top"}
)
# Whose values may hold blanks.
_EXPRESSIONS = frozenset({"$apply", "$expand", "$filter", "$orderby", "$select"})
UNSUPPORTED = frozenset({"$compute", "$deltatoken", "$id", "$index", "$levels", "$schemaversion", "$search"})
# Where a plus was sent as it is: no option may hold this character.
_PLUS = "\0"
MOST_DIGITS = 19
MOST_OPTIONS = 100
# What OFFSET and LIMIT can hold.
LARGEST_COUNT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a set of rows; the defaults ask for all of it."""

    filter: Expression | None = None
    order: tuple[tuple[Expression, bool], ...] = ()
    select: tuple[str, ...] | None = None
    top: int | None = None
    skip: int | None = None
    count: bool = False
    expand: tuple[Expand, ...] = ()
    apply: Pipeline | None = None
    skip_token: str | None = None
    format: str | None = None


def query_pairs(query_string: str) -> tuple[tuple[str, str | None], ...]:
    """Split the query part of a URL and percent-decode names and values; a value is None where there is no `=`.

    This is the only place that decodes.

    Raises:
        InvalidOption: what is encoded is not UTF-8, or a plus may be a blank as well as a plus; or they are too many.
    """
    if query_string.count("&") >= MOST_OPTIONS:
        raise InvalidOption(f"There are more than {MOST_OPTIONS} query options.")
    pairs = (part.partition("=") for part in query_string.split("&") if part)
    try:
        return tuple(
            (unquote(name, errors="strict"), _decoded(name, value) if equals else None) for name, equals, value in pairs
        )
    except UnicodeDecodeError:
        raise InvalidOption("The query of the address is not UTF-8 in percent-encoding.") from None


def _decoded(name: str, value: str) -> str:
    """Percent-decode a value, in which a plus is a blank if its sender writes blanks so.

    To forms, and to most programs that encode a query, a plus is a blank; to OData's own grammar it is the sign of a
    number or of an offset. Blanks that are written as such tell which of the two the sender follows, and so does a plus
    between tokens; where there is neither, a plus inside quotes could be either.
    """
    pieces = [unquote(piece, errors="strict") for piece in value.split("+")]
    option = "$" + unquote(name).removeprefix("$").lower()
    if len(pieces) == 1 or option not in _EXPRESSIONS or any(_PLUS in piece for piece in pieces):
        return "+".join(pieces)
    parts = _PLUS.join(pieces).split("'")
    between, quoted = "".join(parts[::2]), "".join(parts[1::2])
    if _has_blank(between) or (_PLUS not in between and _has_blank(quoted)):
        return "+".join(pieces)
    if _PLUS not in between or (_PLUS in quoted and _has_blank(quoted)):
        with blaming(option):
            raise InvalidOption(f"Write a plus in {option} as %2B, or as %20 if it is to be a blank.")
    return " ".join(pieces)


def _has_blank(text: str) -> bool:
    return " " in text or "\t" in text


def parse_options(pairs: Iterable[tuple[str, str | None]]) -> Query:
    """Return what the options ask for.

    As OData 4.01 has it, a system query option may be written without its $ and in any case. What is then no system
    query option is one of the client's own, and is left alone.

    Raises:
        Refusal: an option is unknown, comes twice, is not supported or cannot be read.
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        option = "$" + name.removeprefix("$").lower()
        if option not in TAKEN | UNSUPPORTED:
            _refuse_unknown(name)
            continue
        with blaming(option):
            if option in UNSUPPORTED:
                raise UnsupportedConstruct(f"the query option {option}")
            if option in given:
                raise InvalidOption(f"{option} is given twice.")
            if not value:
                raise InvalidOption(f"{option} has no value.")
        given[option] = value
    if sum(len(value) for option, value in given.items() if option in _EXPRESSIONS) > LONGEST:
        raise InvalidOption(f"The query options have more than {LONGEST} characters together.")
    return _query(given)


def _refuse_unknown(name: str) -> None:
    if name.startswith("$"):
        raise InvalidOption(
            f"A query option that begins with $ is none of OData's; there are {', '.join(sorted(TAKEN))}."
        )
    if name.startswith("@"):
        raise UnsupportedConstruct("a parameter alias (@…)")


def _query(given: dict[str, str]) -> Query:
    with blaming("$filter"):
        condition = parse_filter(given["$filter"]) if "$filter" in given else None
    with blaming("$orderby"):
        order = parse_orderby(given["$orderby"]) if "$orderby" in given else ()
    with blaming("$apply"):
        steps = parse_apply(given["$apply"]) if "$apply" in given else None
    with blaming("$select"):
        select = parse_select(given["$select"]) if "$select" in given else None
    with blaming("$expand"):
        expand = parse_expand(given["$expand"]) if "$expand" in given else ()
    return Query(
        filter=condition,
        order=order,
        select=select,
        top=_whole_number("$top", given),
        skip=_whole_number("$skip", given),
        count=_truth("$count", given),
        expand=expand,
        apply=steps,
        skip_token=given.get("$skiptoken"),
        format=given.get("$format"),
    )


def _whole_number(option: str, given: dict[str, str]) -> int | None:
    value = given.get(option)
    if value is None:
        return None
    with blaming(option):
        if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
            raise InvalidOption(f"{option} takes a whole number from 0, of at most {MOST_DIGITS} digits.")
    return min(int(value), LARGEST_COUNT)


def _truth(option: str, given: dict[str, str]) -> bool:
    value = given.get(option, "false").lower()
    with blaming(option):
        if value not in {"true", "false"}:
            raise InvalidOption(f"{option} takes true or false.")
    return value == "true"
