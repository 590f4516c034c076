"""What people read of signals and comparisons, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from shared.domain.wording import Language
from shared.signals import sentences
from shared.signals.intervals import Difference, difference_of_rates
from shared.signals.screening import Screening
from shared.signals.sentences import COUNTS, SHARES, FigureStyle
from shared.signals.series import Kind
from shared.signals.shape import Shape
from shared.signals.signal import Lack, Method, Past, Signal, Verdict
from shared.wording.translation import texts_in

SV, EN = Language.SV, Language.EN
FEWER = Signal(Verdict.FEWER, Method.COUNTS, 4, 12.4, 9, 17, 0.0007, 0.001, Past(36, 3.0, Shape.SMOOTH, dispersion=1.0))
COST = FigureStyle(Kind.LEVEL, unit="kr")


@pytest.mark.parametrize(
    ("said", "swedish", "english"),
    [
        (
            lambda language: sentences.signal_in_words(FEWER, COUNTS, language),
            "Färre än väntat: 4, normalt 9–17. Troligen en verklig minskning.",
            "Fewer than expected: 4, normally 9–17. Probably a real decrease.",
        ),
        (
            lambda language: sentences.signal_in_words(
                replace(FEWER, verdict=Verdict.MORE, method=Method.SHARES, observed=0.9231, lower=0.6, upper=0.857),
                SHARES,
                language,
            ),
            "Högre än väntat: 92,3\u00a0%, normalt 60–85,7\u00a0%. Troligen en verklig ökning.",
            "Higher than expected: 92.3%, normally 60–85.7%. Probably a real increase.",
        ),
        (
            lambda language: sentences.signal_in_words(
                replace(FEWER, verdict=Verdict.NONE, is_provisional=True, past=Past(8, 0.7, Shape.LEVEL, 1.0)),
                COUNTS,
                language,
            ),
            (
                "Inom normal variation: 4, normalt 9–17. "
                "Gränserna är osäkra: det finns bara 8 tidigare värden att jämföra med."
            ),
            (
                "Within normal variation: 4, normally 9–17. "
                "The limits are uncertain: there are only 8 earlier values to compare with."
            ),
        ),
        (
            lambda language: sentences.signal_in_words(
                replace(FEWER, verdict=Verdict.TOO_LITTLE, lack=Lack.RARE, observed=0, expected=1.24), COUNTS, language
            ),
            "Kan inte bedömas för en så kort period: 0, och bara 1,2 var att vänta.",
            "Cannot be judged for such a short period: 0, and only 1.2 expected.",
        ),
        (
            lambda language: sentences.basis_in_words(FEWER, language),
            "Jämfört med 36 tidigare värden, med hänsyn till årstiden.",
            "Compared with 36 earlier values, allowing for the season.",
        ),
        (
            lambda language: sentences.difference_in_words(Difference(3, -6.2, 12.1, 0.66), COUNTS, language),
            (
                "Skillnaden mot samma period året före är +3, troligen mellan −6 och +12. "
                "Det är inte säkert att något har ändrats sedan dess."
            ),
            (
                "The difference from the same period a year earlier is +3, probably between −6 and +12. "
                "It is not certain that anything has changed since then."
            ),
        ),
        (
            lambda language: sentences.difference_in_words(Difference(-0.12, -0.2, -0.041, 0.001), SHARES, language),
            (
                "Skillnaden mot samma period året före är −12 procentenheter, troligen mellan −20 och "
                "−4,1 procentenheter."
            ),
            (
                "The difference from the same period a year earlier is −12 percentage points, probably between −20 and "
                "−4.1 percentage points."
            ),
        ),
        (
            lambda language: sentences.screening_in_words(Screening(76, 3, 1.1, (4,)), language),
            "Av 76 bedömda indikatorer avviker 3 tydligt. Ungefär en tydlig avvikelse är att vänta av slumpen.",
            "Of 76 judged indicators, 3 show a clear deviation. Chance alone would give about one clear deviation.",
        ),
        (
            lambda language: sentences.screening_in_words(Screening(76, 1, 0.2, (4,)), language),
            "Av 76 bedömda indikatorer avviker en tydligt. Mindre än en tydlig avvikelse är att vänta av slumpen.",
            (
                "Of 76 judged indicators, one shows a clear deviation. "
                "Chance alone would give less than one clear deviation."
            ),
        ),
        (
            lambda language: sentences.clear_in_words(["Rån, T2", "Inbrott, T2"], language),
            (
                "När hänsyn tas till hur många som bedöms samtidigt (Benjamini och Hochberg) återstår 2: "
                "Rån, T2; Inbrott, T2. I genomsnitt är högst 10 procent av dem slump."
            ),
            (
                "Allowing for how many are judged at once (Benjamini and Hochberg), 2 remain: "
                "Rån, T2; Inbrott, T2. On average at most 10 percent of them are due to chance."
            ),
        ),
        (
            lambda language: sentences.screening_in_words(Screening(76, 0, 0.2, ()), language),
            "Ingen av 76 bedömda indikatorer avviker tydligt. Mindre än en tydlig avvikelse är att vänta av slumpen.",
            (
                "None of 76 judged indicators shows a clear deviation. "
                "Chance alone would give less than one clear deviation."
            ),
        ),
    ],
)
def test_people_read(said: Callable[[Language], str], swedish: str, english: str) -> None:
    assert said(SV) == swedish
    assert said(EN) == english


def test_a_level_outside_its_limits_is_written_so_that_it_is() -> None:
    signal = replace(FEWER, verdict=Verdict.MORE, observed=1_017.34, lower=880.2, upper=1_017.1, method=Method.LEVELS)
    assert sentences.signal_in_words(signal, COST, SV) == (
        "Högre än väntat: 1\u202f017,3\u00a0kr, normalt 880,2–1\u202f017,1\u00a0kr. Troligen en verklig ökning."
    )


def test_no_difference_has_no_sign() -> None:
    assert " är 0, troligen mellan −" in sentences.difference_in_words(difference_of_rates(5, 1, 5, 1), COUNTS, SV)


def test_every_verdict_kind_lack_and_method_has_words_in_both_languages() -> None:
    for language in (SV, EN):
        texts = texts_in(sentences.TEXTS, language)
        said = {f"signal.{verdict}.{kind}" for verdict, kind in product((Verdict.FEWER, Verdict.MORE), Kind)}
        said |= {f"lack.{lack}" for lack in Lack}
        assert said <= texts.keys()
        assert {sentences.method_in_words(method, language) for method in Method} <= {*texts.values()}
    missing = Signal(Verdict.TOO_LITTLE, Method.COUNTS, lack=Lack.NO_FIGURE)
    assert sentences.signal_in_words(missing, COUNTS, SV) == "Kan inte bedömas: värdet saknas."
    assert not sentences.basis_in_words(missing, SV)
