"""Whatever of a form can be refused is said at its field, in words of a page's own, in both languages."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from services.api.pages.texts import texts
from shared.domain import activity
from shared.domain.activity import References, Span
from shared.domain.owner import Owner
from shared.domain.wording import Language
from shared.wording import refusals
from shared.wording.refusals import key_of
from tests.pages.reporting.judging import EVERYTHING, HERE, filled, judged, said

if TYPE_CHECKING:
    from collections.abc import Iterator

NEVER = Span(date(2020, 1, 1), date(2020, 12, 31))
OTHERS = Owner(("1283",), (frozenset({"1283"}),))


class Case(NamedTuple):
    """What is filled in wrongly, or has changed meanwhile, and where it is said."""

    field: str
    changed: dict[str, str | list[str]]
    setting: References = HERE
    owner: Owner | None = None
    kinds: tuple[str, ...] = ()


CASES = {
    "is before 'start'": Case("end", {"end": "2026-04-11"}),
    "a planned activity has no completion": Case("completed", {"status": "planned", "completed": "2026-04-13"}),
    "a performed activity needs a date": Case("start", {"start": ""}),
    "is in the future": Case("start", {"start": "2026-06-01"}),
    "no date is given": Case("start", {"start": "", "status": "planned"}),
    "2026-04-12 is outside the agreement agreement": Case("start", {}, replace(HERE, agreement=NEVER)),
    "annex 1 is not in force on 2026-04-12": Case("annex", {}, replace(HERE, annex=NEVER)),
    "1282-park is not covered by the agreement agreement on 2026-04-12": Case("place", {}, replace(HERE, covered=())),
    "1282-park does not exist, or belongs to no municipality, on one of the dates": Case(
        "place", {}, replace(HERE, placed=())
    ),
    "1282-park does not lie in 1283, whose own everything is": Case("place", {}, HERE, OTHERS),
    "everything is not in use on 2026-01-02": Case("reported", {"start": "2026-01-02"}),
    "a everything happens at a place of kind school": Case("place", {}, kinds=("school",)),
    "a performed everything must state its participants": Case(
        "participants.residents", {"participants__residents": ""}
    ),
    "several reported at once are of one month, since they count in one": Case(
        "end", {"count": "2", "end": "2026-05-02"}
    ),
    "is missing": Case("attributes.choice", {"attributes__choice": ""}),
    "is not a whole number": Case("attributes.number", {"attributes__number": "tolv"}),
    "is not a known value": Case("attributes.choice", {"attributes__choice": "three"}),
    "is not a number of hours": Case("attributes.hours", {"attributes__hours": "1234,5"}),
    "does not go with attributes.follows": Case(
        "attributes.items", {"attributes__items": ["Lampa"], "attributes__follows": "x"}
    ),
    "holds a personal identity number": Case("note", {"note": "850709-9805"}),
    "holds a telephone number": Case("note", {"note": "Ring 070-123 45 67"}),
    "holds an e-mail address": Case("attributes.items", {"attributes__items": ["Fråga anna@kommun.example"]}),
    "facts from before 2026-05-01 have been removed, and the figures of that time stay as they are": Case(
        "start", {}, replace(HERE, facts_removed_before=date(2026, 5, 1))
    ),
    # What the form of an activity cannot hold, and what cannot be read.
    "is not a number": Case("cost", {"cost": "dyrt"}),
    "has more than two decimals": Case("cost", {"cost": "1,234"}),
    "input should be greater than or equal to 0": Case("cost", {"cost": "-5"}),
    "input should be greater than or equal to 1": Case("count", {"count": "0"}),
    "input should be less than or equal to 1000000": Case(
        "participants.residents", {"participants__residents": "1000001"}
    ),
    "input should be 'planned', 'performed' or 'cancelled'": Case("status", {"status": "x"}),
    "is no date": Case("start", {"start": "i går"}),
    "lies outside the calendar": Case("start", {"start": "0001-01-01"}),
    "is no time": Case("start-time", {"start_time": "25.00"}),
    "does not exist on that day": Case("start-time", {"start": "2026-03-29", "start_time": "02:30"}),
    "string should have at most 4000 characters": Case("note", {"note": "a" * 4001}),
    "string should have at most 200 characters": Case("attributes.items", {"attributes__items": ["a" * 201]}),
    "list should have at most 100 items after validation, not 101": Case(
        "attributes.items", {"attributes__items": ["a"] * 101}
    ),
    "is empty or too long": Case("attributes.follows", {"attributes__follows": "a" * 201}),
    "holds a |, which parts items in CSV": Case("attributes.items", {"attributes__items": ["a|b"]}),
    "is no longer asked for": Case("place", {"attributes__former": "x"}),
}
# What no form sends: fields that the type does not take, commitments, another kind of value, a NUL.
NOT_FROM_A_FORM = {
    "{activity.type} has no '{name}'",
    "stands here a second time",
    "is no participant group of {activity.type}",
    "each {activity.type} is reported by itself",
    "{activity.type} has no cost",
    "is no attribute of {activity.type}",
    "is no list of items",
    "is a list of items",
    "holds a NUL character",
}


@pytest.mark.parametrize(("reason", "case"), CASES.items(), ids=[*CASES])
def test_what_is_refused_is_said_at_its_field_in_words(reason: str, case: Case) -> None:
    activity_type = EVERYTHING.model_copy(update={"place_kinds": case.kinds})
    found = judged(filled(**case.changed), case.setting, activity_type, case.owner)
    assert isinstance(found, list)
    assert reason in [violation.reason for violation in found]
    for language in Language:
        words = said([one for one in found if one.reason == reason], language, activity_type)
        assert [*words] == [case.field]
        (text,) = words.values()
        is_own = f"fault.{key_of(reason)}" in texts(language) or text == ("Antal" if language == "sv" else "Number")
        assert is_own, text
        assert not re.search(r"[`_'\"{}]|1282|everything|attributes|participants\.|null", text), text


def test_every_refusal_of_an_activity_that_a_form_can_have_is_tried() -> None:
    raised = {
        reason
        for reason in _reasons(Path(activity.__file__).read_text(encoding="utf-8"))
        if reason not in NOT_FROM_A_FORM
    }
    patterns = {re.sub(r"\\\{.*?\\\}", ".+", re.escape(reason)) for reason in raised}
    assert [one for one in patterns if not any(re.fullmatch(one, reason) for reason in CASES)] == []
    assert len(patterns) > 15


def _reasons(source: str) -> Iterator[str]:
    """Yield the reasons with which a module makes violations, as its source has them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
            yield _template(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Violation":
            given = node.args[1]
            yield from [_template(given)] if isinstance(given, ast.Constant | ast.JoinedStr) else []


def _template(text: ast.expr) -> str:
    if isinstance(text, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else ast.unparse(ast.JoinedStr([part])).strip("f'\"")
            for part in text.values
        )
    assert isinstance(text, ast.Constant)
    return str(text.value)


def test_faults_are_in_the_order_of_the_fields() -> None:
    found = judged(filled(start="x", end="y", cost="z", attributes__choice="three"))
    assert isinstance(found, list)
    assert [*said(found, Language.SV)] == ["start", "end", "attributes.choice", "cost"]


def test_a_day_that_is_too_early_names_the_answer_that_it_is_before() -> None:
    found = judged(filled(start="2026-05-03", completed="2026-05-02"))
    assert isinstance(found, list)
    assert said(found, Language.SV)["completed"].startswith("Dagen ligger före svaret på frågan ”När")
    assert said(found, Language.EN)["completed"].startswith("The day is before the answer to “When")


def test_no_words_are_for_a_refusal_that_there_is_none_of() -> None:
    keys = {key.removeprefix("fault.") for key in texts(Language.SV) if key.startswith("fault.")}
    assert keys - refusals.texts("en").keys() == set()
