"""Swedish texts have one word for each concept, and those of the field: trials F7."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from services.api.values.charts.labels import WORDS as CHARTS
from shared.annex_tables.wording import WORDS as TABLES
from shared.domain.target import Reason, TargetRule
from shared.domain.target_span import Per
from shared.domain.target_wording import (
    JUDGEMENTS,
    REASONS,
    RULES,
    SHORT_JUDGEMENTS,
    judgement,
    named_target,
    rule,
)
from shared.domain.wording import WITHOUT_VALUE, Language
from shared.wording.refusals import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# What is not written, and the word that is.
REPLACED = {
    r"\bej\b": "inte",
    r"\butförd": "genomförd",
    r"\bBrå:s\b": "Brås",
    r"\btillbakadrag|\bdras tillbaka\b|\bdrogs tillbaka\b": "återta",
    r"\bigång\b": "i gång",
    r"\b[Ee]n tertial\b": "ett tertial",
    r"\bslag av\b|\balla slag\b": "typ",
    r"\bdeltagande[nt]?\b": "deltagare",
    r"\b[Mm]appning": "kolumnkoppling",
    r"\b[Aa]nteckning": "kommentar",
    r"\b[Uu]tmaning": "kontrollmeddelande",
    r"\bi fara\b": "riskerar att inte nås",
    r"\blämnas utanför\b|\bstår utanför\b": "räknas inte med",
    r"\bchefsamråd": "chefssamråd",
    r"\bnätkränkning": "kränkningar på nätet",
    r"\bav oro\b": "otrygghet",
    r"\binom två arbetsdagar från\b|\bfick veta\b": "senast två arbetsdagar efter anmälan till kommunen",
    r"\bläggs aldrig ihop\b": "summeras aldrig",
    r"\bprövar cannabis\b": "provar cannabis",
    r"\bsjunde klass\b|\bgymnasiets\b": "årskurs 7, årskurs 1 på gymnasiet",
    r"\bgår först\b|\bgick först\b|\bgår före\b": "prioriteras",
    r"[0-9] (%|kr)(\W|$)": "a no-break space before % and kr",
}


def _swedish_in(document: object) -> Iterator[str]:
    """Yield the texts of a catalogue's file that are under `sv`."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "sv":
                yield str(value)
            else:
                yield from _swedish_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from _swedish_in(value)


@cache
def _texts() -> tuple[tuple[str, str], ...]:
    """Return every Swedish text that people read, each with its place."""
    return tuple(_read())


def _read() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "shared" / "catalogue").rglob("*.yaml")):
        for text in _swedish_in(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)):
            yield path.name, text
    yield from ((f"sv.yaml: {key}", text) for key, text in texts("sv").items())
    for name, words in (("charts", CHARTS), ("tables", TABLES)):
        yield from ((f"{name}: {key}", text) for key, text in words[Language.SV].items())
    for name in ("agreement-2015-2016.yaml", "commitments.yaml", "notes.csv"):
        yield name, (ROOT / "shared" / "data" / "landskrona" / name).read_text(encoding="utf-8")
    page = (ROOT / "deploy" / "intranet" / "index.html").read_text(encoding="utf-8")
    yield "index.html", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    guide = (ROOT / "deploy" / "powerbi" / "README.md").read_text(encoding="utf-8")
    yield "powerbi/README.md", guide[: guide.index("# Samverkan in Power BI")]


@pytest.mark.parametrize("pattern", REPLACED)
def test_trials_f7_one_word_for_each_concept(pattern: str) -> None:
    found = [(place, match[0]) for place, text in _texts() for match in re.finditer(pattern, text)]
    assert found == [], REPLACED[pattern]


def test_trials_a14_the_page_says_why_a_target_is_not_judged() -> None:
    page = (ROOT / "deploy" / "intranet" / "index.html").read_text(encoding="utf-8")
    written = dict(
        re.findall(r'^  (\w+): "(.*)",$', page.partition("const REASONS = {")[2].partition("};")[0], re.MULTILINE)
    )
    assert written == REASONS[Language.SV]


def test_the_texts_are_read() -> None:
    assert len(_texts()) > 900


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("unit", ["count", "percent"])
@pytest.mark.parametrize("per", list(Per))
@pytest.mark.parametrize("name", list(TargetRule))
def test_trials_f7_each_rule_and_span_has_a_phrase(language: Language, unit: str, per: str, name: str) -> None:
    target = {"rule": name, "per": per, "value": 5, "upperValue": 8}
    phrase = rule(target, unit, language)
    assert phrase
    assert "{" not in phrase
    if name.endswith("Before"):
        # A tertial is compared with the same tertial of the year before, not with the tertial before.
        other = {"halfYear": "half-year", "schoolYear": "school year", "span": "span"}
        if language is Language.SV:
            other = {"month": "månad", "quarter": "kvartal", "halfYear": "halvår", "year": "år", "schoolYear": "läsår"}
            other["span"] = "period"
        assert other.get(per, per) in phrase


@pytest.mark.parametrize(
    ("target", "unit", "swedish", "english"),
    [
        (
            {"rule": "lessThanBefore", "per": "year", "percent": 10.0, "baseline": "2015"},
            "count",
            "minst 10\u00a0% färre än 2015",
            "at least 10% fewer than 2015",
        ),
        (
            {"rule": "notAboveBefore", "per": "year", "baseline": {"from": "2014-04-01", "to": "2015-03-31"}},
            "percent",
            "högst lika högt som april 2014–mars 2015",
            "at most the level of April 2014–March 2015",
        ),
        (
            {"rule": "atLeast", "per": "span", "value": 70.0, "tolerance": 2.5},
            "percent",
            "minst 70\u00a0%, med en marginal på 2,5 procentenheter",
            "at least 70%, with a margin of 2.5 percentage points",
        ),
        (
            {"rule": "atMost", "per": "year", "value": 5.0, "perInhabitants": 1000, "areas": ["a", "b"]},
            "count",
            "högst 5 per 1\u202f000 invånare, för 2 områden tillsammans",
            "at most 5 per 1\u202f000 inhabitants, for 2 areas together",
        ),
    ],
)
def test_generality_9_what_a_target_asks_for_is_said_whole(
    target: dict[str, Any], unit: str, swedish: str, english: str
) -> None:
    assert [rule(target, unit, language) for language in (Language.SV, Language.EN)] == [swedish, english]


def test_generality_w1_a_span_of_its_own_is_named() -> None:
    target = {"per": "year", "from": "2017-04-01", "to": "2018-03-31"}
    assert named_target(target, "minst 4", Language.SV) == "Mål för april 2017–mars 2018: minst 4"
    assert named_target({"per": "tertial"}, "at least 4", Language.EN) == "Target for the tertial: at least 4"


def test_generality_9_each_reason_has_words() -> None:
    for language in Language:
        assert set(Reason) <= REASONS[language].keys()
        assert REASONS[language].keys() == REASONS[Language.SV].keys()
    by_baseline = {"judgement": "notJudged", "reason": "beforeMissing", "baseline": "2015"}
    assert judgement(by_baseline, Language.SV) == "inte bedömt, värdet att jämföra med saknas"


def test_trials_f7_words_stand_where_a_sign_would_be_taken_for_zero() -> None:
    for language in Language:
        assert all(word.isalpha() or " " in word for word in WITHOUT_VALUE[language].values())
        assert JUDGEMENTS[language].keys() == SHORT_JUDGEMENTS[language].keys()
        assert RULES[language].keys() == RULES[Language.SV].keys()
