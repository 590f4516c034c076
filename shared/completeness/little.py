"""Which values rest on so little that chance decides them.

The limits are those of the National Center for Health Statistics (Vital and Health Statistics, series 2): no. 175
(2017) for shares and no. 200 (2023) for counts of events. Its least number of respondents to a share (30) is for
samples with clusters; here the interval alone decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.signals.score_interval import wilson_limits

if TYPE_CHECKING:
    from decimal import Decimal

    from shared.catalogue.indicator import IndicatorDefinition

WIDEST_SHARE: Final = 0.30
"""A share rests on little where its 95 % interval is wider than this, as a part of one: 30 percentage points."""
FEWEST_ANSWERS: Final = 30
"""A mean does so with fewer answers: how much they vary is not known."""
FEWEST_EVENTS: Final = 10
"""A count of what befalls people, such as reported crimes, does so with fewer. None at all is no number to judge."""

# They count all there is: of four schools three have a contact officer, and chance has no part in it.
_COUNT_ALL = ("state", "commitments")


def rests_on_little(definition: IndicatorDefinition, numerator: Decimal | None, denominator: Decimal | None) -> bool:
    """Tell whether a value rests on little; one that is missing or suppressed (without a numerator) does not.

    What was done, such as safety walks held, is counted whole, and rests on itself however little it is.
    """
    if numerator is None or definition.kind in _COUNT_ALL:
        return False
    if definition.unit == "mean":
        return denominator is not None and 0 < denominator < FEWEST_ANSWERS
    if definition.is_share:
        return bool(denominator) and _is_wide(float(numerator), float(denominator or 0))
    return definition.kind == "observed" and definition.unit == "count" and 0 < numerator < FEWEST_EVENTS


def _is_wide(count: float, of: float) -> bool:
    lower, upper = wilson_limits(min(count, of), of)
    return upper - lower > WIDEST_SHARE
