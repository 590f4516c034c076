"""The things to know on the first page follow the rule that the report states."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.target import Judgement
from shared.domain.wording import Language
from shared.report.findings import MOST, FindingKind, findings_in
from shared.report.grid import grid_of
from shared.report.wording import translator
from tests.extent import amount
from tests.report.made_up import report_with, tables_with

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGEMENTS = ("missed", "outOfReach", "atRisk", "notJudged", "met", "onCourse")


def _kinds(judgements: Sequence[str | None]) -> list[str]:
    report = report_with([f"Indikator {at}" for at in range(max(1, len(judgements)))], judgements=judgements)
    return [one.kind.value for one in report.findings]


def test_one_of_each_kind_comes_first() -> None:
    # An overdue commitment and a late report are in it, too.
    assert _kinds(["missed"] * 9 + ["met", "atRisk", "onCourse"]) == ["missed", "broken", "atRisk", "late", "met"]


def test_then_another_of_each_until_there_are_five() -> None:
    assert _kinds(["missed", "missed", "missed", "met"]) == ["missed", "missed", "broken", "late", "met"]
    assert _kinds([]) == ["broken", "late"]


def test_of_a_kind_the_order_is_that_of_the_rows() -> None:
    report = report_with([f"Indikator {at}" for at in range(6)], judgements=["met", "missed", "met", "met", "met"])
    named = [found[0] for one in report.findings if (found := re.findall(r"Indikator \d", one.text))]
    assert named == ["Indikator 1", "Indikator 0", "Indikator 2"]


def test_what_two_annexes_say_alike_is_said_once() -> None:
    report = report_with(["Vandringar"], judgements=["missed"])
    twice = findings_in([*report.annexes, *report.annexes], report.tables)
    assert twice == report.findings


def test_what_a_past_year_lacks_is_said_where_nothing_is_expected_any_more() -> None:
    report, lacks = report_with(["Vandringar"]), "1 av 6 skolor har inte rapporterat skolbesök för mars."
    past = [replace(one, expected=(), missing_reports=lacks) for one in report.annexes]
    [late] = [one for one in findings_in(past, report.tables) if one.kind is FindingKind.LATE]
    assert late.text == lacks


def test_a_finding_has_the_figure_of_the_table_and_its_target() -> None:
    report = report_with(["Vandringar"], judgements=["missed"])
    [missed] = [one for one in report.findings if one.kind is FindingKind.MISSED]
    assert missed.text == "Vandringar: 1\u202f200. Mål för året: högst 100."


@pytest.mark.parametrize("judgement", ["onCourse", "atRisk", "outOfReach"])
def test_a_finding_of_a_year_that_runs_says_what_is_expected(judgement: str) -> None:
    report = report_with(["Vandringar"], judgements=[judgement])
    [found] = [one for one in report.findings if one.kind == judgement]
    expected = "Helårsprognos 95–112; sannolikhet 30\u00a0%."
    assert found.text == f"Vandringar: 1\u202f200. Mål för året: högst 100. {expected}"
    judged = grid_of(report.annexes[0].rows, report.tables).rows[0][-1]
    assert judged.small == "helårsprognos 95–112; sannolikhet 30\u00a0%"


def test_every_judgement_has_its_words_in_both_languages() -> None:
    assert all(
        translator(language).knows(f"judged.{one}.{number}")
        for language in Language
        for one in Judgement
        for number in ("one", "other")
    )


def test_a_name_that_is_read_from_right_to_left_leaves_the_figure_where_it_is() -> None:
    report = report_with(["شارع"], judgements=["missed"])
    assert report.findings[0].text.startswith("\u2068شارع\u2069: 1")


@settings(max_examples=amount(40, 400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from((*JUDGEMENTS, None)), max_size=12))
def test_there_are_never_more_than_five_and_no_kind_is_passed_over_for_a_second_of_another(
    judgements: list[str | None],
) -> None:
    kinds = _kinds(judgements)
    assert len(kinds) <= MOST
    there = {*filter(None, judgements), "broken", "late"} - {"notJudged"}
    if len({*kinds}) < len(kinds):
        assert {*kinds} == there
    assert kinds == sorted(kinds, key=[*FindingKind].index)


def test_the_report_states_the_rule_with_each_kind() -> None:
    for language in Language:
        say = translator(language)
        assert all(say.knows(f"kind.{kind}") for kind in FindingKind)
        assert say("method.findings")
    assert tables_with(["x"]).year == 2016
