"""Every annex's figures and judgements, against a second opinion worked out from the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.landskrona.conftest import values_of
from tests.landskrona.files import document
from tests.landskrona.independent import ANNEXES, Figure, figures

if TYPE_CHECKING:
    import httpx

BASE = "/samverkan/v1"
PERIODS = ("2016-T1", "2016-T2", "2016-T3", "2016")
EXPECTED = figures()
SLICES = sorted({"youth", "public", *(part for _, part in EXPECTED)})
# Some of each kind that follows from what happened and what is true in the town, not from what others publish.
SUMMED = [
    *(("foot-patrols", "all"), ("schools-visited", "all"), ("school-visits-as-needed", "all")),
    *(("groups-met-coordinator", "all"), ("commitments-fulfilled", "online-abuse"), ("volunteer-hours", "all")),
]
# What the year came to, read off the files by hand.
JUDGED = {
    1: {
        ("feels-safe-outdoors", "all", "notBelowBefore"): "met",
        ("reported-assaults-outdoors", "all", "lessThanBefore"): "met",
        ("reported-shop-robberies", "all", "lessThanBefore"): "met",
        ("reported-street-robberies", "all", "lessThanBefore"): "missed",
    },
    2: {("plans-referred", "detailed", "atLeast"): "met"},
    3: {("safety-walks", "all", "atLeast"): "met", ("safety-walks-reaching-20", "all", "atLeast"): "missed"},
    4: {
        ("graffiti-cleanups", "all", "atMost"): "met",
        ("graffiti-cleanups", "all", "lessThanBefore"): "met",
        ("vandalism-cost", "all", "atMost"): "met",
        ("vandalism-cost", "all", "lessThanBefore"): "met",
        ("satisfied-cleaning", "all", "atLeast"): "missed",
        ("satisfied-lighting", "all", "atLeast"): "met",
        ("graffiti-started-in-time", "all", "atLeast"): "missed",
        ("hateful-graffiti-started-in-time", "all", "atLeast"): "met",
        ("graffiti-police-reported-in-time", "all", "atLeast"): "missed",
        ("dumped-waste-removed-in-time", "all", "atLeast"): "missed",
        ("dumped-waste-police-reported-in-time", "all", "atLeast"): "missed",
    },
    5: {("waste-water-tests", "all", "atLeast"): "met", ("youth-tried-cannabis", "all", "lessThanBefore"): "met"},
    6: {
        ("certified-gyms", "all", "atLeast"): "missed",
        ("gyms-working-by-prodis", "all", "atLeast"): "met",
        ("network-meetings", "drug-free-gyms", "atLeast"): "met",
        ("trainings", "drug-free-gyms-youth", "atLeast"): "met",
        ("trainings", "drug-free-gyms-public", "atLeast"): "met",
    },
    7: {
        ("contact-officer-schools", "all", "between"): "met",
        ("school-visits-as-needed", "all", "atLeast"): "missed",
    },
    8: {
        ("active-collaboration-groups", "all", "atLeast"): "met",
        ("groups-met-coordinator", "all", "atLeast"): "missed",
    },
    9: {
        ("schools-with-online-abuse-plan", "all", "atLeast"): "missed",
        ("online-abuse-reported", "all", "moreThanBefore"): "met",
    },
    10: {
        ("workshops", "close-relationship-violence", "atLeast"): "met",
        ("commitments-fulfilled", "close-relationship-violence", "atLeast"): "missed",
    },
}


@pytest.fixture
async def year(reader: httpx.AsyncClient) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Return the municipality's tertials and year, by indicator and slice, and by period."""
    series: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    asked: dict[str, str | list[str]] = {"area": "1282", "slice": SLICES, "from": "2016", "to": "2016"}
    for period_type in ("tertial", "year"):
        for one in await values_of(reader, periodType=period_type, **asked):
            series.setdefault((one["indicatorCode"], one["slice"]), {})[one["period"]] = one
    return series


async def test_every_figure_is_as_worked_out_from_the_files(
    year: dict[tuple[str, str], dict[str, dict[str, Any]]],
) -> None:
    served = {(*series, period): _parts(year.get(series, {}).get(period)) for series in EXPECTED for period in PERIODS}
    expected = {
        (*series, period): figure
        for series, some in EXPECTED.items()
        for period, figure in zip(PERIODS, some, strict=True)
    }
    wrong = {key: (served[key], figure) for key, figure in expected.items() if not _agree(served[key], figure)}
    assert wrong == {}


def _parts(value: dict[str, Any] | None) -> Figure | None:
    return None if value is None else (value["numerator"], value["denominator"], value["leftOut"])


def _agree(served: Figure | None, expected: Figure) -> bool:
    numerator, denominator, left_out = expected
    is_empty = denominator == 0 or numerator is None
    if served is None:  # where no annex asks for it, nothing has no row
        return (is_empty or not numerator) and not left_out
    if is_empty:
        return not served[0] and not served[1] and served[2] == left_out
    return served == expected


async def test_every_annex_has_figures_and_all_of_them_are_worked_out_here(
    reader: httpx.AsyncClient, year: dict[tuple[str, str], dict[str, dict[str, Any]]]
) -> None:
    definitions = (await reader.get(f"{BASE}/indicators", params={"limit": 200})).json()["indicators"]
    for annex in document("agreement-2015-2016.yaml")["annexes"]:
        assert ANNEXES[annex["number"]] == annex["theme"]
        asked = {one["code"] for one in definitions if annex["theme"] in one["themes"]}
        assert asked - {code for code, _ in EXPECTED} == set(), annex["title"]
        assert any(year[code, part]["2016"]["numerator"] for code, part in year if code in asked)


@pytest.mark.parametrize("annex", list(JUDGED))
async def test_every_target_is_judged_at_the_end_of_the_year(
    year: dict[tuple[str, str], dict[str, dict[str, Any]]], annex: int
) -> None:
    judged = {
        (*series, target["rule"]): target["judgement"]
        for series, periods in year.items()
        for target in periods["2016"]["targets"]
    }
    targets = [one for one in document("agreement-2015-2016.yaml")["targets"] if one["annex"] == annex]
    expected = JUDGED[annex]
    assert expected.keys() == {(one["indicator"], one["slice"], one["rule"]) for one in targets}
    assert {series: judged.get(series) for series in expected} == expected


async def test_a_training_of_annex_5_does_not_fulfil_annex_6(
    year: dict[tuple[str, str], dict[str, dict[str, Any]]],
) -> None:
    trainings = {part: one["2016"]["value"] for (code, part), one in year.items() if code == "trainings"}
    assert trainings["drug-free-gyms-youth"] == trainings["drug-free-gyms-public"] == 1
    assert trainings["youth"] > 1
    assert trainings["public"] > 1


async def test_three_of_four_dialogues_keep_no_promise(reader: httpx.AsyncClient) -> None:
    address = f"{BASE}/agreements/landskrona-2015-2016/commitments/dialogues-in-centre"
    promise = (await reader.get(address)).json()
    assert promise["progress"] == [{"area": "1282", "done": 3, "fulfilled": False}]


async def test_few_referrals_are_hidden_and_so_is_what_would_tell_them(
    year: dict[tuple[str, str], dict[str, dict[str, Any]]],
) -> None:
    referrals = year["care-referrals", "all"]
    # T2 is 3, fewer than 5; with the year and T3 published, it would follow from T1.
    assert {period: one["status"] for period, one in referrals.items()} == {
        "2016-T1": "suppressed",
        "2016-T2": "suppressed",
        "2016-T3": "observed",
        "2016": "observed",
    }
    assert referrals["2016-T1"]["numerator"] is None
    assert (referrals["2016-T3"]["value"], referrals["2016"]["value"]) == (10, 19)


async def test_eleven_months_of_damage_are_no_year(year: dict[tuple[str, str], dict[str, dict[str, Any]]]) -> None:
    damage = year["reported-damage", "all"]
    assert (damage["2016"]["status"], damage["2016"]["value"], damage["2016"]["monthsArrived"]) == ("missing", None, 11)
    assert (damage["2016-T3"]["status"], damage["2016-T3"]["monthsArrived"]) == ("missing", 3)


async def test_a_final_year_replaces_the_sum_of_its_months(reader: httpx.AsyncClient) -> None:
    asked = {"area": "1282", "indicator": "reported-assaults", "from": "2015", "to": "2015"}
    (year,) = await values_of(reader, **asked, periodType="year")
    tertials = await values_of(reader, **asked, periodType="tertial")
    assert sum(one["value"] for one in tertials) - year["value"] == 3
    assert year["finality"] == "final"


async def test_the_year_before_stands_beside_the_year(year: dict[tuple[str, str], dict[str, dict[str, Any]]]) -> None:
    before = year["graffiti-cleanups", "all"]["2016"]["comparisons"]["samePeriodLastYear"]
    assert (before["value"], before["change"]) == (112, -17)
    assert before["changePercent"] == pytest.approx(-15.178571)


@pytest.mark.parametrize(
    "area", ["local-police-area-landskrona", "police-district-nordvastra-skane", "police-region-syd"]
)
async def test_the_police_see_the_same_year(
    reader: httpx.AsyncClient, year: dict[tuple[str, str], dict[str, dict[str, Any]]], area: str
) -> None:
    asked: dict[str, str | list[str]] = {
        "area": area,
        "slice": SLICES,
        "periodType": "year",
        "from": "2016",
        "to": "2016",
    }
    served = {(one["indicatorCode"], one["slice"]): one for one in await values_of(reader, **asked)}
    for series in SUMMED:
        own, above = year[series]["2016"], served[series]
        assert (above["numerator"], above["denominator"]) == (own["numerator"], own["denominator"]), series


async def test_annex_7_has_its_results_and_problem_areas_in_words(reader: httpx.AsyncClient) -> None:
    notes = (await reader.get(f"{BASE}/notes", params={"indicator": "school-visits", "area": "1282"})).json()["notes"]
    assert [note["period"] for note in notes] == ["2016-T1", "2016-T2", "2016"]
    assert notes[0]["text"].startswith("Problemområden")
    assert notes[1]["text"].startswith("Resultat")
