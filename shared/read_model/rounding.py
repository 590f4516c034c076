"""The value of a figure where Python needs it before it is stored: as the functions of the view reckon and round it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_DECIMALS = Decimal("0.000001")


def rounded_value(factor: int | None, numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """Return what is served of a figure: its numerator, or of a share, which has a factor, the value of that.

    The SQL functions `exact_value` and `rounded_value` say the same.
    """
    if factor is None or numerator is None:
        return numerator
    if not denominator:
        return None
    return (factor * numerator / denominator).quantize(_DECIMALS, ROUND_HALF_UP)
