"""Every rule of the national REST API profile is accounted for in `profile-rules.tsv`, by tests that there are."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("profile-rules.tsv")
# The rules as they were published, which a checkout need not have next to it.
PUBLISHED = TESTS.parents[1] / "shared" / "digg-rules.tsv"
LEVELS = {"SKALL", "SKALL INTE", "BÖR", "BÖR INTE"}
REASONED = {"gateway", "operator", "client", "process", "design", "not applicable", "not followed"}

Row = dict[str, str]
_TEST = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)


def rows_of(table: Path) -> list[Row]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def rules() -> list[Row]:
    return rows_of(TABLE)


@pytest.fixture(scope="module")
def written_tests() -> set[str]:
    return {name for file in TESTS.rglob("test_*.py") for name in _TEST.findall(file.read_text(encoding="utf-8"))}


def test_each_rule_stands_once_with_its_level(rules: list[Row]) -> None:
    assert [rule for rule, times in Counter(row["rule"] for row in rules).items() if times > 1] == []
    assert {row["level"] for row in rules} <= LEVELS


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published rules are not beside this checkout")
def test_the_rules_are_those_that_were_published(rules: list[Row]) -> None:
    published = {(row["id"], row["level"]) for row in rows_of(PUBLISHED)}
    assert {(row["rule"], row["level"]) for row in rules} == published


def test_what_is_said_to_be_tested_is(rules: list[Row], written_tests: set[str]) -> None:
    for row in rules:
        if row["how"] == "tested":
            named = row["where or why"].split(" ")
            assert set(named) <= written_tests, f"{row['rule']}: {set(named) - written_tests}"


def test_what_is_not_tested_has_a_reason(rules: list[Row]) -> None:
    for row in rules:
        if row["how"] != "tested":
            assert row["how"] in REASONED, row["rule"]
            assert len(row["where or why"].split()) > 1, row["rule"]


def test_every_shall_is_kept(rules: list[Row]) -> None:
    """A SHALL is tested, or met by somebody else, or has nothing here that it could be about."""
    assert [row["rule"] for row in rules if row["level"].startswith("SKALL") and row["how"] == "not followed"] == []
