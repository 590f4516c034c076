"""Pages by key: each next link says after which row to go on, so that no row is skipped or sent twice meanwhile.

What a link holds are the sort columns of the page's last row, the last of them a key that tells all rows apart. Rows
that come or go elsewhere move nothing; only a row whose own sort columns change can be sent again, or not at all.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import orjson
from starlette.requests import Request

from services.api.http.responses import parts_of_query, root_url
from services.api.odata.errors import InvalidPageLink
from services.api.odata.scope import Parameters
from services.api.odata.statement import Order
from shared.db.signing import SIGNATURE_BYTES, Signer

DEFAULT_SIZE = 10_000
LARGEST_SIZE = 20_000

_FORM = 1
# How many members come before the sort columns.
_HEAD = 3
_PURPOSE = "page"
_PREFERENCE = re.compile(r"(?:odata\.)?maxpagesize\s*=\s*\"?([0-9]{1,9})\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PagePosition:
    """Where a page ended: the text of each sort column of its last row; and what holds for all pages of the query.

    `size` is how many rows a page has, `total` how many rows there were at first, if that was asked.
    """

    values: tuple[str | None, ...]
    size: int
    total: int | None


def preferred_size(request: Request) -> int | None:
    """Return how many rows the client wants on a page at most; None when it does not say, or not so that it counts."""
    for header in request.headers.getlist("prefer"):
        for preference in re.split("[,;]", header):
            found = _PREFERENCE.fullmatch(preference.strip())
            if found is not None and int(found[1]) > 0:
                return min(int(found[1]), LARGEST_SIZE)
    return None


def after(columns: Sequence[Order], values: Sequence[str | None], parameters: Parameters) -> str:
    """Return the SQL condition of the rows that come after the one with these values."""
    column, value = columns[0], values[0]
    if not any(other.nullable or other.descending for other in columns):
        placeholders = [parameters.hold(text, other.type) for other, text in zip(columns, values, strict=True)]
        return f"({', '.join(other.sql for other in columns)}) > ({', '.join(placeholders)})"
    beyond, same = _beyond(column, value, parameters), _same(column, value, parameters)
    if len(columns) == 1:
        return beyond
    return f"({beyond} OR ({same} AND {after(columns[1:], values[1:], parameters)}))"


def _beyond(column: Order, value: str | None, parameters: Parameters) -> str:
    if value is None:
        return "FALSE" if column.descending else f"{column.sql} IS NOT NULL"
    beyond = f"{column.sql} {'<' if column.descending else '>'} {parameters.hold(value, column.type)}"
    return f"({beyond} OR {column.sql} IS NULL)" if column.descending and column.nullable else beyond


def _same(column: Order, value: str | None, parameters: Parameters) -> str:
    return f"{column.sql} IS NULL" if value is None else f"{column.sql} = {parameters.hold(value, column.type)}"


def skip_token(position: PagePosition, query: Sequence[str | None], signer: Signer) -> str:
    """Return a position as an opaque text that counts only for the same query, its rows and their order."""
    content = orjson.dumps([_FORM, position.size, position.total, *position.values])
    return base64.urlsafe_b64encode(signer.sign(_PURPOSE, _signed(content, query)) + content).decode().rstrip("=")


def position_in(text: str, query: Sequence[str | None], columns: int, signer: Signer) -> PagePosition:
    """Return the position that a text encodes, in a query with so many sort columns.

    Raises:
        InvalidPageLink: the text is none that `skip_token` returned for this query.
    """
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _foreign() from error
    signature, content = decoded[:SIGNATURE_BYTES], decoded[SIGNATURE_BYTES:]
    if not signer.has_signed(_PURPOSE, _signed(content, query), signature):
        raise _foreign()
    try:
        place = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _foreign() from error
    # An earlier release may have made it.
    if not isinstance(place, list) or len(place) != _HEAD + columns:
        raise _foreign()
    form, size, total, *values = place
    is_sound = form == _FORM and _is_count(size, 1, LARGEST_SIZE) and (total is None or _is_count(total, 0))
    if not is_sound or not all(value is None or isinstance(value, str) for value in values):
        raise _foreign()
    return PagePosition(tuple(values), size, total)


def _is_count(value: object, least: int, most: int = 2**63) -> bool:
    return type(value) is int and least <= value <= most


def _signed(content: bytes, query: Sequence[str | None]) -> bytes:
    return orjson.dumps([*query]) + content


def _foreign() -> InvalidPageLink:
    return InvalidPageLink(
        "This is no link to a page of this query. Begin anew, and follow @odata.nextLink as it stands.",
        target="$skiptoken",
    )


def next_link(request: Request, token: str, left: int | None) -> str:
    """Return the address of the next page: every option as it was sent, but for those that paging itself moves on.

    `left` is what `$top` leaves for the pages to come.
    """
    moved = {"skip", "skiptoken", "top"}
    options = [option for option in parts_of_query(request) if _name(option) not in moved]
    options += [f"$top={left}"] if left is not None else []
    address = f"{root_url(request)}{quote(request.scope['path'])}"
    return f"{address}?{'&'.join([*options, f'$skiptoken={token}'])}"


def _name(option: str) -> str:
    """Return an option's name as it counts: without its $, and in lower case."""
    return unquote(option.partition("=")[0]).removeprefix("$").lower()
