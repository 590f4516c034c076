"""What an agreement and its annexes follow: indicators and slices of them, and what an annex's slices are called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from shared.domain.activity import Span
from shared.domain.errors import Violation
from shared.domain.target import TargetRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shared.domain.agreement import Agreement, Annex, SetTarget
    from shared.domain.target import Exact

ANNEX = "annex"
"""What a slice is called in a document that is of what was reported under the very annex."""
WHOLE = "all"
_RESERVED = (WHOLE, ANNEX)


@dataclass(frozen=True, slots=True)
class Followed:
    """An indicator and a slice of it."""

    indicator: str
    slice: str = WHOLE


@dataclass(frozen=True, slots=True)
class KnownIndicator:
    """What can be named of an indicator.

    `slices` are its own, without those of single annexes; of one that is all that is reported under annexes of a theme,
    with the theme. `is_reported`: it is made of activities or commitments, which are reported under annexes.
    `is_percent`: its figures are shares, of which none is more than 100.
    """

    slices: Mapping[str, str | None]
    is_reported: bool
    is_percent: bool = False


def annex_codes(annexes: Collection[Annex]) -> dict[int, str]:
    """Return by number what each annex's own slices are called.

    Its code, else its theme; where several annexes have the theme, `theme-number`: the slice of the theme is of all.
    """
    times = Counter(annex.theme for annex in annexes)
    return {
        one.number: one.code or (one.theme if times[one.theme] == 1 else code_among_others(one.theme, one.number))
        for one in annexes
    }


def code_among_others(theme: str, number: int) -> str:
    """Return what the slices of an annex without a code are called where other annexes have its theme."""
    return f"{theme}-{number}"


def spelt_out(agreement: Agreement, known: Mapping[str, KnownIndicator]) -> Agreement:
    """Return the agreement with every annex's code, and with the codes of its slices for `annex` and for its theme."""
    codes = annex_codes(agreement.annexes)
    annexes = {annex.number: replace(annex, code=codes[annex.number]) for annex in agreement.annexes}
    spelt = {
        number: annex
        if annex.indicators is None
        else replace(
            annex,
            indicators=tuple(
                replace(one, slice=_own_slice(one.indicator, one.slice, annex, known)) for one in annex.indicators
            ),
        )
        for number, annex in annexes.items()
    }
    targets = (
        target
        if target.annex is None or target.annex not in annexes
        else replace(target, slice=_own_slice(target.indicator, target.slice, annexes[target.annex], known))
        for target in agreement.targets
    )
    return replace(agreement, annexes=tuple(spelt.values()), targets=tuple(targets))


def _own_slice(indicator: str, part: str, annex: Annex, known: Mapping[str, KnownIndicator]) -> str:
    """Return the code of a slice: of `annex` it is the annex's, and so it is of a theme that other annexes share."""
    if annex.code is None:
        return part
    slices = known[indicator].slices if indicator in known else {}
    is_of_theme = annex.code != annex.theme and slices.get(part) == annex.theme
    return annex.code if part == ANNEX or is_of_theme else part


def wrong_codes(annexes: Sequence[Annex], themes: Collection[str]) -> Iterator[Violation]:
    """Yield what is wrong with the codes and themes of the annexes of an agreement."""
    codes = annex_codes(annexes)
    times = Counter(codes.values())
    for index, annex in enumerate(annexes):
        code, field = codes[annex.number], f"annexes[{index}].code"
        if annex.theme not in themes and annex.indicators is None:
            remedy = f"Write one of {', '.join(themes)}, or list in `indicators` what the annex follows."
            yield Violation(f"annexes[{index}].theme", "is not a known theme", remedy)
        if times[code] > 1 and annex.code is not None:
            yield Violation(field, "another annex has this code", "Choose another code.")
        if code in _RESERVED:
            yield Violation(field, "has a meaning of its own", "Choose another code.")
        is_alone = sum(one.theme == annex.theme for one in annexes) == 1
        if code in themes and not (code == annex.theme and is_alone):
            remedy = "Choose another code, or leave it out."
            yield Violation(field, "is a theme, whose slices are of all its annexes", remedy)


def wrong_list(
    field: str, listed: Sequence[Followed], codes: Collection[str], known: Mapping[str, KnownIndicator]
) -> Iterator[Violation]:
    """Yield what is wrong with a list; `codes` are those of the slices of single annexes that it may name."""
    seen: set[tuple[str, ...]] = set()
    for index, one in enumerate(listed):
        named = (one.indicator, *(codes if one.slice == ANNEX else [one.slice]))
        if named in seen:
            yield Violation(f"{field}[{index}]", "stands here a second time", "Leave one of them out.")
        seen.add(named)
        yield from wrong_slice(f"{field}[{index}].", one.indicator, one.slice, codes, known)


def wrong_slice(
    field: str, indicator: str, part: str, codes: Collection[str], known: Mapping[str, KnownIndicator]
) -> Iterator[Violation]:
    """Yield why there is no such slice; `codes` are those of single annexes that may be named."""
    if indicator not in known:
        yield Violation(f"{field}indicator", "is not a known indicator", "Take a code from /indicators.")
        return
    slices = known[indicator].slices
    if part in slices:
        return
    if part not in {*codes, ANNEX}:
        yield Violation(f"{field}slice", f"is no slice of {indicator}", f"Write one of {', '.join(slices)}.")
    elif not codes:
        yield Violation(f"{field}slice", "no annex is named", "Name the annex, or another slice.")
    elif not known[indicator].is_reported:
        yield Violation(f"{field}slice", "nothing of it is reported under annexes", "Write `all`, or another slice.")
    else:
        for code in codes:
            if slices.get(code, code) != code:
                reason, remedy = f"{indicator} has a slice '{code}' already", "Give the annex another `code`."
                yield Violation(f"{field}slice", reason, remedy)


def contradicting(targets: Sequence[SetTarget]) -> Iterator[Violation]:
    """Yield the targets that no figure can meet together, or that one annex sets twice for the same days."""
    alike: dict[SetTarget, list[int]] = {}
    for index, target in enumerate(targets):
        earlier = alike.setdefault(_what_is_bound(target), [])
        for other in earlier:
            yield from _contradiction(index, target, other, targets[other])
        earlier.append(index)


def _contradiction(index: int, target: SetTarget, other_index: int, other: SetTarget) -> Iterator[Violation]:
    if target.valid.last < other.valid.first or other.valid.last < target.valid.first or target == other:
        return
    if (target.annex, target.rule) == (other.annex, other.rule):
        reason, remedy = f"targets[{other_index}] has the same rule then", "Let one end before the other begins."
        yield Violation(f"targets[{index}].validFrom", reason, remedy)
        return
    (lower, upper), (other_lower, other_upper) = _bounds(target), _bounds(other)
    if _is_above(lower, other_upper) or _is_above(other_lower, upper):
        remedy = "Change one of the values, or the days."
        yield Violation(f"targets[{index}].value", f"cannot be met together with targets[{other_index}]", remedy)


def _what_is_bound(target: SetTarget) -> SetTarget:
    """Return what is alike of targets that bind the same figure."""
    return replace(
        target,
        annex=None,
        rule=TargetRule.AT_MOST,
        value=None,
        upper_value=None,
        valid=Span(date.min, date.max),
        wording=None,
    )


def _bounds(target: SetTarget) -> tuple[Exact | None, Exact | None]:
    if target.rule is TargetRule.AT_MOST:
        return None, target.value
    if target.rule is TargetRule.AT_LEAST:
        return target.value, None
    return (target.value, target.upper_value) if target.rule is TargetRule.BETWEEN else (None, None)


def _is_above(lower: Exact | None, upper: Exact | None) -> bool:
    return lower is not None and upper is not None and lower > upper
