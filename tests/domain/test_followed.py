"""generality E1, W4: what an annex may name, what its slices are called, and which targets contradict each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.activity import Span
from shared.domain.agreement import Agreement, Annex, SetTarget, contradictions
from shared.domain.followed import Followed, KnownIndicator, annex_codes, spelt_out
from shared.domain.target import TargetRule
from shared.domain.target_span import Per

YEAR = Span(date(2016, 1, 1), date(2016, 12, 31))
THEMES = ("drugs", "walks")
KNOWN = {
    "trainings": KnownIndicator({"all": None, "drugs": "drugs", "youth": None}, is_reported=True),
    "patrols": KnownIndicator({"all": None}, is_reported=True),
    "certified": KnownIndicator({"all": None}, is_reported=False),
}


def annex(number: int, theme: str = "drugs", code: str | None = None, *listed: tuple[str, str], **fields: Any) -> Annex:
    entries = tuple(Followed(*one) for one in listed) if listed or fields.get("is_listed") else None
    return Annex(number, theme, "x", None, YEAR, "", (), (), (), code, entries)


def target(indicator: str = "patrols", rule: str = "atMost", value: int | None = 10, **fields: Any) -> SetTarget:
    bound = None if value is None else Decimal(value)
    plain = SetTarget(1, indicator, "1282", TargetRule(rule), bound, None, Per.YEAR, YEAR, None)
    return replace(plain, **fields)


def document(*annexes: Annex, targets: tuple[SetTarget, ...] = (), listed: tuple[Followed, ...] = ()) -> Agreement:
    return Agreement("a", "x", None, (), YEAR, None, ("1282",), (), annexes, targets, listed)


@pytest.mark.parametrize(
    ("annexes", "codes"),
    [
        ([annex(1)], ["drugs"]),
        ([annex(1), annex(2, "walks")], ["drugs", "walks"]),
        # The theme's slices are of both: neither is called by it.
        ([annex(1), annex(2)], ["drugs-1", "drugs-2"]),
        ([annex(1, "drugs", "spring"), annex(2)], ["spring", "drugs-2"]),
    ],
)
def test_an_annex_is_called_by_its_code_or_its_theme(annexes: list[Annex], codes: list[str]) -> None:
    assert list(annex_codes(annexes).values()) == codes


@pytest.mark.parametrize(
    ("part", "alone", "shared"),
    [("annex", "drugs", "drugs-1"), ("drugs", "drugs", "drugs-1"), ("youth", "youth", "youth"), ("all", "all", "all")],
)
def test_a_slice_of_the_theme_is_the_annex_s_own_where_others_share_it(part: str, alone: str, shared: str) -> None:
    first = annex(1, "drugs", None, ("trainings", part))
    for whole, expected in ((document(first), alone), (document(first, annex(2)), shared)):
        spelt = spelt_out(replace(whole, targets=(target("trainings", slice=part),)), KNOWN)
        assert spelt.annexes[0].indicators == (Followed("trainings", expected),)
        assert spelt.targets[0].slice == expected
        assert list(contradictions(whole, THEMES, KNOWN, date(2016, 12, 31))) == []
        # What is answered can be sent again.
        assert spelt_out(spelt, KNOWN) == spelt


OWN = ("patrols", "annex")


@pytest.mark.parametrize(
    ("whole", "field"),
    [
        (document(annex(1, "evenings")), "annexes[0].theme"),
        (document(annex(1, "evenings", None, ("happiness", "all"))), "annexes[0].indicators[0].indicator"),
        (document(annex(1, "evenings", None, ("patrols", "youth"))), "annexes[0].indicators[0].slice"),
        (document(annex(1, "evenings", None, ("certified", "annex"))), "annexes[0].indicators[0].slice"),
        (document(annex(1, "evenings", "youth", ("trainings", "annex"))), "annexes[0].indicators[0].slice"),
        (document(annex(1, "evenings", None, OWN, OWN)), "annexes[0].indicators[1]"),
        (document(annex(1, "evenings", None, OWN, ("patrols", "evenings"))), "annexes[0].indicators[1]"),
        (document(annex(1, "drugs", "x"), annex(2, "walks", "x")), "annexes[0].code"),
        (document(annex(1, "drugs", "all")), "annexes[0].code"),
        (document(annex(1, "drugs", "annex")), "annexes[0].code"),
        (document(annex(1, "drugs", "walks")), "annexes[0].code"),
        (document(annex(1, "drugs", "drugs"), annex(2)), "annexes[0].code"),
        (document(listed=(Followed("patrols", "annex"),)), "indicators[0].slice"),
        (document(listed=(Followed("patrols"), Followed("patrols"))), "indicators[1]"),
        (document(annex(1), targets=(target(annex=None, slice="annex"),)), "targets[0].slice"),
        (document(annex(1), targets=(target(annex=2),)), "targets[0].annex"),
        (document(annex(1), targets=(target(slice="evening"),)), "targets[0].slice"),
        # One sets the same rule twice for the same days; or two that no figure can meet.
        (document(annex(1), targets=(target(), target(value=9))), "targets[1].validFrom"),
        (document(annex(1), targets=(target(), target(rule="atLeast", value=20))), "targets[1].value"),
        (
            document(annex(1), targets=(target(), target(rule="between", value=11, upper_value=Decimal(12)))),
            "targets[1].value",
        ),
        (document(annex(1), targets=(target(), target(annex=None, rule="atLeast", value=20))), "targets[1].value"),
        (document(annex(1), targets=(target(slice="annex"), target(slice="drugs"))), "targets[1]"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is(whole: Agreement, field: str) -> None:
    assert field in [violation.field for violation in contradictions(whole, THEMES, KNOWN, date(2016, 12, 31))]


@pytest.mark.parametrize(
    "targets",
    [
        (target(), target(rule="atLeast", value=10)),
        (target(), target(rule="lessThanBefore", value=None)),
        (target(), target(rule="atLeast", value=20, area="1283")),
        (target(), target(rule="atLeast", value=20, per=Per.MONTH)),
        (target("trainings"), target("trainings", rule="atLeast", value=20, slice="youth")),
        (target(annex=1, slice="annex"), target(annex=2, slice="annex", rule="atLeast", value=20)),
        (
            target(valid=Span(YEAR.first, date(2016, 6, 30))),
            target(valid=Span(date(2016, 7, 1), YEAR.last), value=20),
        ),
        (target(), target(annex=2, value=9)),
        (target(annex=None),),
    ],
)
def test_several_targets_of_one_indicator_stand_side_by_side(targets: tuple[SetTarget, ...]) -> None:
    whole = document(annex(1, "drugs", "one"), annex(2, "drugs", "two"), targets=targets)
    assert list(contradictions(whole, THEMES, KNOWN, date(2016, 12, 31))) == []
