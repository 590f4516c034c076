"""A window beside the same one a year before: how much more, or less, with the interval of the difference."""

from __future__ import annotations

from shared.signals.intervals import Difference, difference_of_rates, difference_of_shares
from shared.signals.series import Kind, Series, Window


def compare_with_year_before(series: Series, window: Window, dispersion: float = 1.0) -> Difference | None:
    """Return what differs from the same window a year before: events in a window as long, or the share.

    Of counts, only periods that are known in both years are compared, and the difference is that of so many periods;
    `dispersion` is how much more they vary than by chance. None where a window is unknown, a break lies between, or of
    levels, whose spread two figures do not tell.
    """
    length = series.season_length
    before = range(window.start - length, window.stop - length)
    if series.kind is Kind.LEVEL or before.start < 0 or _is_broken(series, before, window):
        return None
    pairs = [(series.values[place + length], series.values[place], place) for place in before]
    known = [(now, then, place) for now, then, place in pairs if now is not None and then is not None]
    if not known:
        return None
    now, then = sum(pair[0] for pair in known), sum(pair[1] for pair in known)
    if series.denominators is None:
        return difference_of_rates(now, 1.0, then, 1.0, dispersion)
    of_now = sum(series.denominators[place + length] or 0 for _, _, place in known)
    of_then = sum(series.denominators[place] or 0 for _, _, place in known)
    if not of_now or not of_then:
        return None
    return difference_of_shares(round(now), round(of_now), round(then), round(of_then))


def _is_broken(series: Series, before: range, window: Window) -> bool:
    return any(before.start < place < window.stop for place in series.breaks)
