"""One possible value for each figure that nobody knows, such that the sums hold. Pure.

Whoever reckons with the sums knows no more of such a figure than that it is at least 0. Any table in which the sums
hold is as likely to them as the true one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.indicators.compute.suppression import Sum

K = TypeVar("K")

# From the parts of a part up to the whole and down again, over areas and over time.
MOST_ROUNDS = 12
ZERO = Decimal(0)


def possible_values(known: Mapping[K, Decimal], sums: Sequence[Sum[K]]) -> dict[K, Decimal]:
    """Return the known values, and possible ones for the rest, where that is found.

    An unknown total is what its parts are, and what is left of a total goes to its first unknown part. Where that does
    not come out right, nothing is supposed of what hangs together with it.
    """
    with_unknown = [sum_ for sum_ in sums if sum_.total not in known or any(part not in known for part in sum_.parts)]
    values = {**dict.fromkeys((key for sum_ in with_unknown for key in (sum_.total, *sum_.parts)), ZERO), **known}
    for _ in range(MOST_ROUNDS):
        raised = [_raise_to_hold(sum_, known, values) for sum_ in with_unknown]
        if not any(raised):
            break
    wrong = [sum_ for sum_ in with_unknown if not _holds(sum_, values)]
    for key in _hanging_together(wrong, with_unknown, known):
        del values[key]
    return values


def _raise_to_hold(sum_: Sum[K], known: Mapping[K, Decimal], values: dict[K, Decimal]) -> bool:
    """Raise one unknown figure so that the sum holds; return whether that was needed and could be done."""
    missing = values[sum_.total] - sum((values[part] for part in sum_.parts), ZERO)
    if missing < 0 and sum_.total not in known:
        values[sum_.total] -= missing
        return True
    first = next((part for part in sum_.parts if part not in known), None)
    if missing > 0 and first is not None:
        values[first] += missing
        return True
    return False


def _holds(sum_: Sum[K], values: Mapping[K, Decimal]) -> bool:
    return values[sum_.total] == sum((values[part] for part in sum_.parts), ZERO)


def _hanging_together(wrong: Iterable[Sum[K]], sums: Iterable[Sum[K]], known: Mapping[K, Decimal]) -> set[K]:
    """Return the unknown figures of the wrong sums, and all that share a sum with one of those, and so on."""
    sums_of: dict[K, list[Sum[K]]] = {}
    for sum_ in sums:
        for key in (sum_.total, *sum_.parts):
            if key not in known:
                sums_of.setdefault(key, []).append(sum_)
    found: set[K] = set()
    waiting = list(wrong)
    while waiting:
        sum_ = waiting.pop()
        fresh = {key for key in (sum_.total, *sum_.parts) if key not in known} - found
        found |= fresh
        waiting += [other for key in fresh for other in sums_of[key]]
    return found
