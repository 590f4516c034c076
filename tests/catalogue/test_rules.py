"""Every rule of the catalogue: a definition that breaks it is told at its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.catalogue.loader import BrokenCatalogue, load

SPAN = "\nvalidFrom: 2016-02-01\nvalidTo: 2016-01-31"

# The file, what is replaced in it and by what, what stands on the line that is told, and what is said of it.
TYPES = [
    ("school-visit", "moments: [start, end]", "moments: [end]", "moments:", "counts by start"),
    ("dumped-waste-removal", "start, completed]", "start]", "moments:", "has no 'completed'"),
    (
        "waste-water-test",
        "takesCost: true",
        "participantsRequired: true",
        "participantsRequired",
        "no participant groups",
    ),
    ("training", "kind: choice", "kind: reference", "kind: reference", "no other kind has any"),
    ("plan-description", "comprehensive: {", "detailed: {", "detailed", "stands twice"),
    ("plan-description", "comprehensive: {", "Comprehensive: {", "Comprehensive", "match pattern"),
    ("plan-description", "{sv: översiktsplan, en: comprehensive plan}", "översiktsplan", "comprehensive", "Wording"),
    ("plan-description", ", en: comprehensive plan}", "}", "comprehensive", "required"),
    ("safety-walk", "kind: items", "kind: choice", "kind: choice", "a choice lists its values"),
    ("safety-walk", "kind: items", "kind: items\n    required: true", "required", "cannot be required"),
    ("safety-walk", "excludedBy: followsUp", "excludedBy: follows", "excludedBy", "no other attribute 'follows'"),
    ("safety-walk", "    excludedBy: followsUp\n", "", "actionItems:", "goes with `exclusion`"),
    ("safety-walk", "code: safety-walk", f"code: safety-walk{SPAN}", "validTo", "before `validFrom`"),
]
CHOICE = "\nattributes:\n  actionItems: {kind: reference, name: {sv: Lista, en: List}}"
COUNT, SHARE, STATE = "foot-patrols", "tobacco-sales-refused", "certified-gyms"
COST, REFERRALS, OF = "vandalism-cost", "care-referrals", "denominator: {sv: Fall, en: Cases}"
COSTS = "unit: SEK\ndirection: lower\nkind: observed\nobserves: {measure: vandalism-cost}"
INDICATORS = [
    (COUNT, "code: foot-patrols", f"code: foot-patrols{SPAN}", "validTo", "before `validFrom`"),
    (COUNT, "activityTypes: [foot-patrol]", "activityTypes: []", "kind:", "needs `activityTypes`"),
    (COUNT, "kind: count", "kind: count\nsums: {}", "sums", "takes no `sums`"),
    (COUNT, "kind: count", "kind: count\nsuppressBelow: 5", "suppressBelow", "takes no `suppressBelow`"),
    (COUNT, "kind: count", "kind: count\npromisesOnly: true", "promisesOnly", "takes no `promisesOnly`"),
    (COUNT, "kind: count", "kind: count\nexpectedAt: contact-officer", "activityTypes", "does not demand one"),
    (COUNT, "kind: count", "kind: count\nexpectedAt: caretaker", "expectedAt", "unknown role 'caretaker'"),
    (COUNT, "kind: count", "kind: distinct", "activityTypes", "does not demand one"),
    (COUNT, "unit: count", "unit: days", "unit", "kind count is in count"),
    (COUNT, "unit: count", "unit: count\nunitName: {sv: pass, en: rounds}", "unit:", "named by `unitName`"),
    (COUNT, "unit: count", "denominator: {sv: Pass, en: Rounds}\nunit: count", "unit", "no other has one"),
    (COUNT, "kind: count", "kind: count\nslices: {all: {annex: planning}}", "slices", "the indicator itself"),
    (COUNT, "kind: count", "kind: count\nslices: {some: {}}", "slices", "selects something"),
    (COUNT, "kind: count", "kind: count\nslices: {some: {annex: parks}}", "slices", "unknown theme 'parks'"),
    (COUNT, "kind: count", "kind: count\nselects: {withoutAttribute: x}", "selects", "no attribute 'x'"),
    (
        "trainings",
        "en: parents and the public}\n    attributes: {audience: [public]}\n  drugs-and-tobacco",
        "en: parents and the public}\n    attributes: {audience: [everybody]}\n  drugs-and-tobacco",
        "everybody",
        "no value 'everybody'",
    ),
    ("groups-met-coordinator", 'coordinatorPresent: ["yes"]', "outcome: [refused]", "outcome", "no choice 'outcome'"),
    (SHARE, "outcome: [refused]", "outcome: [given]", "outcome", "no value 'given'"),
    (SHARE, "  attributes: {outcome: [refused]}", "  {}", "meets", "names `participants` or `attributes`"),
    (SHARE, "  attributes:", "  atLeast: 2\n  attributes:", "meets", "go together"),
    (SHARE, "kind: share", "kind: share\nitems: outcome", "kind:", "one of `meets`, `items` and `deadline`"),
    (SHARE, "denominator:", "# denominator:", "unit", "says its denominator in words"),
    ("safety-walk-actions-done", "items: actionItems", "items: followsUp", "items:", "no list of items 'followsUp'"),
    (
        "safety-walks-reaching-20",
        "participants: {",
        "participants: {timesHours: true, ",
        "participants",
        "not of hours",
    ),
    (
        "hateful-graffiti-started-in-time",
        "selects:",
        "slices: {x: {attributes: {contentKind: [ordinary]}}}\nselects:",
        "slices",
        "that the indicator does not",
    ),
    (
        "citizen-promises-kept",
        "promisesOnly: true",
        "selects: {withoutAttribute: x}",
        "selects",
        "only be selected by annex",
    ),
    ("dumped-waste-removed-in-time", "by: completed", "by: end", "deadline", "has no moment 'end'"),
    ("volunteer-hours", "unit: hours", "unit: count", "unit", "in hours when `timesHours` is true"),
    ("volunteer-hours", "[volunteers]", "[parents]", "parents", "no activity type that it reads takes 'parents'"),
    ("volunteer-hours", "[volunteers]", "[volunteers], excluding: [volunteers]", "sums", "but not by both"),
    ("volunteer-hours", "only: [volunteers]", "excluding: [volunteers, police]", "sums", "no group is left"),
    (
        "volunteer-hours",
        "activityTypes: [volunteer-shift]",
        "activityTypes: [volunteer-shift, graffiti-cleanup]",
        "sums",
        "graffiti-cleanup has no moment 'end'",
    ),
    ("school-visits-as-needed", "role: contact-officer", "role: contact-person", "expects", "how many visits"),
    (STATE, "of: {placeKinds: [gym]}", "of: {}", "of", "name `placeKinds`, `areaKind` or `role`"),
    (STATE, "of: {placeKinds: [gym]}", "of: {placeKinds: [gym], areaKind: district}", "of", "but not both"),
    (STATE, "holds: {role: certified-prodis}", "holds: {role: certified}", "holds", "unknown role 'certified'"),
    (STATE, "holds: {role: certified-prodis}", "holds: {withinMonths: 3}", "holds", "whole"),
    (
        STATE,
        "holds: {role: certified-prodis}",
        "holds: {role: certified-prodis, metSince: yearStart}",
        "holds",
        "goes with",
    ),
    (STATE, "kind: state", "kind: state\nslices: {x: {annex: planning}}", "slices", "takes no `slices`"),
    ("groups-met-coordinator", "[collaboration-area]", "[school]", "of:", "happens at none of them"),
    ("reported-shop-robberies", '{code: "0870"}', '{code: "0864"}', "entries", "stands twice for the same days"),
    (
        "reported-shop-robberies",
        '{code: "0870"}',
        '{code: "0870", validFrom: 2016-02-01, validTo: 2016-01-31}',
        "entries",
        "before `validFrom`",
    ),
    ("reported-shop-robberies", '{code: "0870"}', "{code: shop}", "entries", "match pattern"),
    (
        "reported-shop-robberies",
        "measure: crimes-by-code",
        "measure: vandalism-cost",
        "observes",
        "by codes or without",
    ),
    ("care-referrals", "unit: count", "unit: SEK", "suppressBelow", "only counts, shares and means"),
    (
        "care-referrals",
        "observes: {measure: care-referrals}",
        "expects: {role: contact-officer}",
        "expects",
        "takes no",
    ),
    ("waste-water-cannabis", "unitName:", "# unitName:", "unit:", "named by `unitName`"),
    ("vandalism-cost", "measure: vandalism-cost", "measure: waste-water-cannabis", "observes", "as measured"),
    # Generality E8.
    (COST, "unit: SEK", "unit: percent", "unit:", "says its denominator in words"),
    (COST, "unit: SEK", "unit: mean", "unit:", "says its denominator in words"),
    (COST, "unit: SEK", f"{OF}\nunitName: {{sv: kr, en: SEK}}\nunit: percent", "unit:", "named by `unitName`"),
    (COST, "{measure: vandalism-cost}", "{measure: vandalism-cost, between: [1, 5]}", "observes", "only a mean"),
    (COST, COSTS, COSTS.replace("SEK", f"mean\n{OF}").replace("t}", "t, between: [5, 5]}"), "between", "below the"),
    (COST, COSTS, COSTS.replace("SEK", f"mean\n{OF}").replace("t}", "t, between: [5]}"), "between", "at least 2"),
    (COST, COSTS, COSTS.replace("SEK", f"percent\n{OF}").replace(COST, REFERRALS), "unit:", "in count"),
    (COST, COSTS, COSTS.replace("SEK", f"mean\n{OF}").replace(COST, REFERRALS), "unit:", "in count"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "sound", "faulty", "at", "said"),
    [
        *((f"activity_types/{name}.yaml", *rest) for name, *rest in TYPES),
        *((f"indicators/{name}.yaml", *rest) for name, *rest in INDICATORS),
    ],
)
def test_what_breaks_a_rule_is_told_at_its_line(
    folder: Path, seed: Callable[[str, str, str], int], file: str, sound: str, faulty: str, at: str, said: str
) -> None:
    seed(file, sound, faulty)
    with pytest.raises(BrokenCatalogue) as broken:
        load(folder)
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    faults = [fault for fault in broken.value.faults if fault.file == file and said in fault.text]
    assert faults, str(broken.value)
    assert all(at in lines[fault.line - 1] for fault in faults), str(broken.value)


def test_a_list_of_items_is_one_in_every_type(folder: Path, seed: Callable[[str, str, str], int]) -> None:
    seed("activity_types/foot-patrol.yaml", "moments: [start, end]", f"moments: [start, end]{CHOICE}")
    with pytest.raises(BrokenCatalogue, match="'actionItems' of safety-walk is items: give it another name"):
        load(folder)


def test_the_same_code_may_stand_again_for_other_days(folder: Path, seed: Callable[[str, str, str], int]) -> None:
    halves = '{code: "0870", validTo: 2017-12-31}, {code: "0870", validFrom: 2018-01-01}'
    seed("indicators/reported-shop-robberies.yaml", '{code: "0870"}', halves)
    load(folder)
