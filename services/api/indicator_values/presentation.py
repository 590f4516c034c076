"""What a list shows of each value, and in which order, as the query asks for it: `fields`, `expand` and `sort`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.indicator_values.names import NAMES
from services.api.indicator_values.queries import COLUMNS, SORT_KEYS, Order
from services.api.problems import InvalidQuery
from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.indicator_values.schemas import ValueQuery


@dataclass(frozen=True, slots=True)
class Presentation:
    """The columns and names to show, in the order of COLUMNS and NAMES, and the order of the values."""

    columns: tuple[str, ...]
    names: tuple[str, ...]
    order: Order


def presentation_of(query: ValueQuery) -> Presentation:
    """Return what the query asks for.

    Raises:
        InvalidQuery: it names a field that there is not, or one that cannot be sorted by.
    """
    if query.fields is query.sort is query.expand is None:
        return WHOLE
    known = (*COLUMNS, *(NAMES if query.expand else ()))
    fields = _listed(query.fields)
    order = tuple((name.removeprefix("-"), name.startswith("-")) for name in _listed(query.sort))
    violations = [*_unknown_fields(fields, known), *_unsortable(order)]
    if violations:
        raise InvalidQuery("The query asks for fields that there are not.", violations)
    shown = [name for name in known if not fields or name in fields]
    return Presentation(
        tuple(name for name in shown if name in COLUMNS), tuple(name for name in shown if name in NAMES), order
    )


WHOLE = Presentation(COLUMNS, (), ())


def _listed(names: str | None) -> list[str]:
    return [name.strip() for name in names.split(",")] if names is not None else []


def _unknown_fields(fields: Sequence[str], known: Sequence[str]) -> Iterator[Violation]:
    if any(name not in known for name in fields):
        also = "" if set(NAMES) <= set(known) else f" With expand=names: {', '.join(NAMES)}."
        yield Violation("fields", "names a field that a value does not have", f"Known: {', '.join(known)}.{also}")


def _unsortable(order: Order) -> Iterator[Violation]:
    names = [name for name, _ in order]
    if any(name not in SORT_KEYS for name in names):
        remedy = f"Sort by {', '.join(SORT_KEYS)}; a minus before the name turns the order round."
        yield Violation("sort", "names a field that values are not sorted by", remedy)
    elif len({*names}) < len(names):
        yield Violation("sort", "names a field twice", "Name each once.")
