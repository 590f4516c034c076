"""The catalogue holds what the domain asks for: each activity type and indicator, with unit, direction and time."""

from collections.abc import Iterator
from datetime import date

import pytest
from pydantic import BaseModel

from shared.catalogue.indicator import THEMES, IndicatorDefinition
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity_type import ActivityType, Wording

CATALOGUE = shipped_catalogue()

TYPES = """
    graffiti-cleanup dumped-waste-removal foot-patrol business-visit traffic-check citizen-dialogue safety-walk
    planning-start-meeting plan-description training workshop parent-outreach information-campaign waste-water-test
    tobacco-test-purchase gym-visit doping-control network-meeting school-visit collaboration-meeting council-meeting
    chief-consultation mobile-office-day volunteer-shift youth-council-meeting neighbourhood-watch-meeting
    alcohol-control targeted-operation dog-search evening-outreach lighting-check speed-measurement
"""

# The codes that share a unit, a direction, and how a longer period follows.
INDICATORS = {
    ("count", "higher", "sum"): """
        school-visits safety-walks safety-walk-participants foot-patrols business-visits traffic-checks
        citizen-dialogues trainings training-participants workshops workshop-participants parent-outreach
        parents-reached waste-water-tests doping-controls gym-visits network-meetings youth-council-meetings
        chief-consultations neighbourhood-watch-meetings online-abuse-reported targeted-operations
        evening-outreach lighting-checks""",
    ("count", "lower", "sum"): """
        graffiti-cleanups reported-assaults-outdoors reported-shop-robberies reported-street-robberies
        reported-assaults reported-damage reported-robberies""",
    ("count", "none", "sum"): """
        care-referrals information-campaigns dumped-waste-removals collaboration-meetings council-meetings
        participants young-victims-supported motivational-talks youth-investigations alcohol-controls dog-searches
        speed-measurements""",
    ("count", "higher", "distinct"): "schools-visited",
    ("count", "higher", "last"): "police-offices-open",
    ("count", "none", "last"): "contact-officer-schools",
    ("SEK", "lower", "sum"): "vandalism-cost",
    ("hours", "higher", "sum"): "volunteer-hours",
    ("days", "higher", "sum"): "mobile-office-days",
    ("own", "lower", "last"): "waste-water-cannabis",
    ("percent", "higher", "sum"): """
        graffiti-started-in-time hateful-graffiti-started-in-time dumped-waste-removed-in-time
        school-visits-as-needed safety-walks-reaching-20 safety-walk-actions-done start-meetings-coordinator-invited
        plans-with-safety-heading plans-referred tobacco-sales-refused graffiti-police-reported-in-time
        dumped-waste-police-reported-in-time commitments-fulfilled citizen-promises-kept""",
    ("percent", "higher", "last"): """
        satisfied-cleaning satisfied-lighting schools-with-contact-officer schools-with-contact-person
        feels-safe-outdoors certified-gyms active-collaboration-groups groups-met-coordinator
        schools-with-online-abuse-plan safe-online schools-safe-qualis gyms-working-by-prodis gym-staff-trained
        collaboration-improved groups-around-individuals individual-work-easier situational-pictures-current
        neighbourhood-watch-areas""",
    ("percent", "lower", "last"): """
        littering-a-problem refrained-out-of-worry youth-smoking youth-tried-cannabis""",
}
ASKED = {code: form for form, codes in INDICATORS.items() for code in codes.split()}

# What the follow-up of each annex is read from.
ANNEXES = {
    "visible-police": "feels-safe-outdoors refrained-out-of-worry reported-assaults-outdoors reported-shop-robberies "
    "reported-street-robberies",
    "planning": "start-meetings-coordinator-invited plans-with-safety-heading plans-referred",
    "safety-walks": "safety-walks safety-walk-participants safety-walks-reaching-20 safety-walk-actions-done",
    "attractive-city": "graffiti-cleanups vandalism-cost littering-a-problem satisfied-cleaning satisfied-lighting "
    "graffiti-started-in-time hateful-graffiti-started-in-time dumped-waste-removed-in-time "
    "graffiti-police-reported-in-time dumped-waste-police-reported-in-time",
    "drugs-and-tobacco": "commitments-fulfilled youth-smoking youth-tried-cannabis waste-water-cannabis "
    "waste-water-tests",
    "drug-free-gyms": "commitments-fulfilled certified-gyms gyms-working-by-prodis network-meetings trainings",
    "contact-officers": "school-visits school-visits-as-needed contact-officer-schools schools-with-contact-person "
    "schools-safe-qualis",
    "school-social-police": "active-collaboration-groups groups-met-coordinator collaboration-improved "
    "groups-around-individuals individual-work-easier",
    "online-abuse": "schools-with-online-abuse-plan parent-outreach parents-reached safe-online",
    "close-relationship-violence": "commitments-fulfilled workshops",
}


def test_every_activity_type_is_there() -> None:
    assert sorted(TYPES.split()) == sorted(CATALOGUE.activity_types)
    assert len(CATALOGUE.activity_types) == 32


def test_every_indicator_is_there_with_its_unit_direction_and_time() -> None:
    shipped = {code: (one.unit, one.direction, one.over_time) for code, one in CATALOGUE.indicators.items()}
    assert shipped == ASKED


@pytest.mark.parametrize("theme", THEMES)
def test_what_an_annex_asks_for_serves_it(theme: str) -> None:
    served = {code for code, definition in CATALOGUE.indicators.items() if theme in definition.themes}
    assert served >= set(ANNEXES[theme].split())


def wordings(document: BaseModel) -> Iterator[Wording]:
    if isinstance(document, Wording):
        yield document
        return
    for name in type(document).model_fields:
        value = getattr(document, name)
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
        for one in inner:
            if isinstance(one, BaseModel):
                yield from wordings(one)


@pytest.mark.parametrize(
    "definition", [*CATALOGUE.activity_types.values(), *CATALOGUE.indicators.values()], ids=lambda one: one.code
)
def test_every_wording_is_in_both_languages(definition: ActivityType | IndicatorDefinition) -> None:
    found = list(wordings(definition))
    assert len(found) >= 2
    for wording in found:
        assert wording.sv.strip() == wording.sv
        assert wording.en.strip() == wording.en
        assert wording.sv != wording.en or wording.sv in {"Workshop", "Gym"}


def test_codes_and_names_are_told_apart() -> None:
    for kind in (CATALOGUE.activity_types, CATALOGUE.indicators):
        for language in ("sv", "en"):
            names = [getattr(definition.name, language) for definition in kind.values()]
            assert len(set(names)) == len(names)


def test_slices_are_parts_of_their_indicator() -> None:
    assert ("trainings", "drug-free-gyms-youth") in CATALOGUE.series
    gyms = CATALOGUE.series["trainings", "drug-free-gyms-youth"]
    assert (gyms.selects.annex, gyms.selects.attributes) == ("drug-free-gyms", {"audience": ("youth",)})
    assert gyms.themes == ("drug-free-gyms",)
    fulfilled = [part for code, part in CATALOGUE.series if code == "commitments-fulfilled"]
    assert fulfilled == ["all", *THEMES]
    assert len(CATALOGUE.series) == len(ASKED) + sum(len(one.slices) for one in CATALOGUE.indicators.values())


def test_participants_reads_every_type_that_takes_them() -> None:
    taking = {code for code, kind in CATALOGUE.activity_types.items() if kind.participant_groups}
    assert set(CATALOGUE.indicators["participants"].activity_types) == taking


def test_a_measure_names_the_indicators_that_read_it() -> None:
    by_code = [definition.code for definition in CATALOGUE.measures["crimes-by-code"]]
    assert by_code == ["reported-assaults-outdoors", "reported-shop-robberies", "reported-street-robberies"]
    for code, definition in CATALOGUE.indicators.items():
        if definition.kind == "measured":
            assert [one.code for one in CATALOGUE.measures[code]] == [code]


def test_the_codes_of_assaults_outdoors_are_spelled_out() -> None:
    observes = CATALOGUE.indicators["reported-assaults-outdoors"].observes
    assert observes is not None
    assert observes.codes is not None
    entries = observes.codes.entries
    ranges = [
        (9357, 9364),
        (9373, 9380),
        (9301, 9304),
        (9309, 9312),
        (9317, 9320),
        (9325, 9328),
        (9333, 9336),
        (9341, 9344),
    ]
    expected = {"0355", "0357", "0375", "0377"} | {
        str(code) for first, last in ranges for code in range(first, last + 1)
    }
    assert {entry.code for entry in entries} == expected
    new = {entry.code for entry in entries if entry.valid_from == date(2018, 1, 1)}
    assert new == {str(code) for code in range(9357, 9365)}
    assert all(entry.valid_from is None for entry in entries if entry.code not in new)


def test_only_small_counts_of_persons_are_suppressed() -> None:
    suppressed = {code: one.suppress_below for code, one in CATALOGUE.indicators.items() if one.suppress_below}
    persons = ("care-referrals", "motivational-talks", "young-victims-supported", "youth-investigations")
    assert suppressed == dict.fromkeys(persons, 5)


@pytest.mark.parametrize("code", ["trainings", "waste-water-cannabis", "graffiti-started-in-time"])
def test_words_alone_compute_nothing_again(code: str) -> None:
    definition, other = CATALOGUE.indicators[code], Wording(sv="Annat", en="Other")
    words = dict.fromkeys(("name", "definition", "numerator", "denominator", "unit_name"), other)
    slices = {part: one.model_copy(update={"name": other}) for part, one in definition.slices_by_code.items()}
    assert definition.model_copy(update=words | {"slices": slices}).fingerprint == definition.fingerprint
    assert definition.model_copy(update={"direction": "none"}).fingerprint != definition.fingerprint
