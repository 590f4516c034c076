"""What is wrong with a target in itself: what its rule needs or has no use for, and what contradicts what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.domain.target import Target

INHABITANTS = (1000, 100_000)
LARGEST_PERCENT = 1000

_BY_PERCENT = frozenset({"lessThanBefore", "moreThanBefore"})
_WITH_TOLERANCE = frozenset({"atMost", "atLeast", "notBelowBefore", "notAboveBefore"})


def faults_of(target: Target) -> Iterator[Violation]:
    """Yield every reason why the target makes no sense by itself."""
    is_between = target.rule == "between"
    # Of each field: whether the rule needs it, whether it has a use for it, whether it is given.
    fields = {
        "value": (not target.is_compared, not target.is_compared, target.value is not None),
        "upperValue": (is_between, is_between, target.upper_value is not None),
        "percent": (False, target.rule in _BY_PERCENT, target.percent is not None),
        "tolerance": (False, target.rule in _WITH_TOLERANCE, target.tolerance is not None),
        "perInhabitants": (False, not target.is_compared, target.per_inhabitants is not None),
        "baseline": (False, target.is_compared, target.baseline is not None),
    }
    for field, (is_needed, is_useful, is_given) in fields.items():
        if is_needed and not is_given:
            yield Violation(field, f"The rule {target.rule} needs it.", "Give it, in the unit of the indicator.")
        elif is_given and not is_useful:
            yield Violation(field, f"The rule {target.rule} has no use for it.", "Leave it out.")
    yield from _wrong_bounds(target)


def _wrong_bounds(target: Target) -> Iterator[Violation]:
    value, upper, tolerance, percent = target.value, target.upper_value, target.tolerance, target.percent
    if target.rule == "between" and value is not None and upper is not None and upper < value:
        yield Violation("upperValue", "It is less than value.", "Give the lower bound as value, the upper here.")
    if tolerance is not None and target.rule in _WITH_TOLERANCE:
        if tolerance <= 0:
            yield Violation("tolerance", "It is not above 0.", "Give a number above 0, or leave it out.")
        elif value is not None and tolerance >= value:
            yield Violation("tolerance", "It is as large as the bound.", "Give less than value, or another value.")
    if percent is not None and target.rule in _BY_PERCENT:
        most = 100 if target.rule == "lessThanBefore" else LARGEST_PERCENT
        if not 0 < percent <= most:
            yield Violation("percent", f"It is not above 0 and at most {most}.", f"Give more than 0, at most {most}.")
    if target.per_inhabitants is not None and target.per_inhabitants not in INHABITANTS:
        yield Violation("perInhabitants", "It is neither 1000 nor 100000.", "Give 1000 or 100000.")
