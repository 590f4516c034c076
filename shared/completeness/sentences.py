"""What is missing, late or rests on little in words, the same on pages, in files and in the terminal."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shared.completeness.reports import Share, lateness_of, shares_of
from shared.domain.period import PeriodType
from shared.domain.wording import MONTHS, in_language
from shared.expectations.expectation import ExpectationKind
from shared.expectations.sentences import what
from shared.wording.dates import date_in_words, period_in_words
from shared.wording.translation import Translate, translator_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shared.completeness.reports import Completeness, ExpectedReport
    from shared.domain.wording import Language

TEXTS = Path(__file__).parent / "texts"
_translator = partial(translator_in, TEXTS)
# So many months are named with how many places lack visits in each; of more it is told in how many.
MOST_MONTHS = 4
# So many figures that have not arrived are named.
MOST_NAMED = 3
_NOTHING = Share(0, 0)


def sums_in_words(completeness: Completeness, language: Language) -> tuple[str, ...]:
    """Return sentences that sum up what is missing, what arrived late, and how many values rest on little."""
    t = _translator(language)
    return (
        *_visits(completeness.expected, language, t),
        *_others(completeness.expected, language, t),
        *(
            t("late", n=one.number, day=date_in_words(one.reporting_day, language), days=t("days", n=one.most_days))
            for one in lateness_of(completeness.late)
        ),
        *([t("little", n=len(completeness.little))] if completeness.little else []),
    )


def missing_in_words(reports: Iterable[ExpectedReport], language: Language) -> list[str]:
    """Return what is missing one by one: places with the months of which they have reported nothing, then all else.

    Observations are not among it: the sums name them.
    """
    t = _translator(language)
    months: dict[tuple[str, str], list[str]] = defaultdict(list)
    others = []
    for one in reports:
        if one.is_missing and one.expectation.kind is ExpectationKind.VISITS:
            subject = _as_part(in_language(one.expectation.subject, language))
            months[one.expectation.place.name, subject].append(MONTHS[language][one.period.start.month - 1])
        elif one.is_missing and one.expectation.kind is not ExpectationKind.OBSERVATION:
            others.append(what(one.expectation, language))
    of_places = [
        t("place", place=place, subject=subject, months=", ".join(names)) for (place, subject), names in months.items()
    ]
    return [*of_places, *others]


def _visits(expected: Iterable[ExpectedReport], language: Language, t: Translate) -> Iterator[str]:
    """Yield a sentence for each kind of visits that places lack: 2 of 12 schools in March, 1 of 12 in April."""
    by_types: dict[tuple[str, ...], list[ExpectedReport]] = defaultdict(list)
    for one in expected:
        if one.expectation.kind is ExpectationKind.VISITS:
            by_types[one.activity_types].append(one)
    for reports in by_types.values():
        by_month: dict[int, list[ExpectedReport]] = defaultdict(list)
        for one in reports:
            by_month[one.period.start.month].append(one)
        lacking = {month: _share(of_month) for month, of_month in by_month.items()}
        lacking = {month: share for month, share in lacking.items() if share.missing}
        if lacking:
            yield _lacking(lacking, reports, language, t)


def _lacking(lacking: dict[int, Share], reports: Sequence[ExpectedReport], language: Language, t: Translate) -> str:
    subject = _as_part(in_language(reports[0].expectation.subject, language))
    if len(lacking) > MOST_MONTHS:
        share = _share(reports)
        return t(f"visits.many.{_how_many(share)}", **share._asdict(), subject=subject)
    kinds = {one.place_kind for one in reports}
    kind = f"places.{kinds.pop()}" if len(kinds) == 1 else ""
    kind = kind if t.knows(kind) else "places"
    if all(share.expected == 1 for share in lacking.values()):
        months = ", ".join(MONTHS[language][month - 1] for month in sorted(lacking))
        return t("visits.only", place=t(f"{kind}.only"), subject=subject, months=months)
    places = t(kind)
    first, *others = ({"month": MONTHS[language][month - 1], **lacking[month]._asdict()} for month in sorted(lacking))
    further = "".join(t("visits.further", **one) for one in others)
    return t("visits", **first, places=places, subject=subject, further=further)


def _others(expected: Iterable[ExpectedReport], language: Language, t: Translate) -> Iterator[str]:
    by_kind: dict[ExpectationKind, list[ExpectedReport]] = defaultdict(list)
    for one in expected:
        by_kind[one.expectation.kind].append(one)
    for kind in (ExpectationKind.OBSERVATION, ExpectationKind.COMMITMENT):
        share = _share(by_kind[kind])
        if share.missing:
            names = _names(by_kind[kind], language, t) if kind is ExpectationKind.OBSERVATION else ""
            yield t(f"{kind}.{_how_many(share)}", **share._asdict(), names=names)
    if planned := by_kind[ExpectationKind.PLANNED]:
        yield t("planned", n=len(planned))


def _how_many(share: Share) -> str:
    """Return by which of the texts it is told how many are missing."""
    if share.expected == 1:
        return "only"
    return "all" if share.missing == share.expected else "some"


def _share(reports: Sequence[ExpectedReport]) -> Share:
    """Return how many of some reports, all of a kind, are missing."""
    return next(iter(shares_of(reports).values()), _NOTHING)


def _names(reports: Iterable[ExpectedReport], language: Language, t: Translate) -> str:
    """Return which figures have not arrived: each by its name, with the months or the period that lacks it."""
    periods: dict[str, list[str]] = defaultdict(list)
    for one in reports:
        if one.is_missing:
            is_month = one.period.type is PeriodType.MONTH
            name = MONTHS[language][one.period.start.month - 1] if is_month else period_in_words(one.period, language)
            periods[in_language(one.expectation.subject, language)].append(name)
    named = [t("named", name=name, periods=_several(when, t)) for name, when in [*periods.items()][:MOST_NAMED]]
    return ", ".join(named) + (t("more") if len(periods) > MOST_NAMED else "")


def _several(periods: Sequence[str], t: Translate) -> str:
    return ", ".join(periods) if len(periods) <= MOST_MONTHS else t("months", number=len(periods))


def _as_part(name: str) -> str:
    """Return a name as it is written inside a sentence, without its capital unless it begins with a name or letters."""
    name = name.rstrip(".")
    return name if name[1:2].isupper() else f"{name[:1].lower()}{name[1:]}"
