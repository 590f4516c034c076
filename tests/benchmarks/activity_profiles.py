"""How the made-up activities of each type look: how many there are, under which annex, where, with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

GRAFFITI, VISIT, TRAINING = "graffiti-cleanup", "school-visit", "training"

# A list of things to do: how many of its items are done, of how many.
Items = tuple[int, int]

_MUNICIPALITY = ("municipality",)
_OUTDOORS = ("park", "square", "station")
_GYM = ("gym",)
_YES_OR_NO = ("yes", "yes", "no")
_FOUND = {"contentKind": ("ordinary",) * 90 + ("racist",) * 7 + ("sexist",) * 3}


@dataclass(frozen=True, slots=True)
class ActivityProfile:
    """What activities of a type look like: `share` of 1000 activities, an annex of `annexes`, an area of `kinds`.

    Fewer than `participants` take part of each group, and each attribute has one of its values.
    """

    share: int
    annexes: Sequence[int]
    kinds: tuple[str, ...] = _MUNICIPALITY
    participants: Mapping[str, int] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[str | Items]] = field(default_factory=dict)
    is_reported: bool = False
    has_times: bool = False


PROFILES = {
    GRAFFITI: ActivityProfile(360, (4,), ("school", *_OUTDOORS), attributes=_FOUND, is_reported=True),
    VISIT: ActivityProfile(240, (7,), ("school",), {"pupils": 30, "police": 3}),
    "dumped-waste-removal": ActivityProfile(60, (4,), _OUTDOORS, is_reported=True),
    "safety-walk": ActivityProfile(
        50,
        (3,),
        _OUTDOORS,
        {"residents": 50, "police": 3, "municipality": 4},
        {"actionItems": ((0, 1), (1, 2), (2, 3), (3, 3))},
    ),
    TRAINING: ActivityProfile(
        50,
        (5, 6),
        participants={"residents": 20, "pupils": 25, "police": 2},
        attributes={"audience": ("youth", "public", "staff")},
    ),
    "foot-patrol": ActivityProfile(30, (1,), _OUTDOORS, {"police": 4, "volunteers": 3}),
    "volunteer-shift": ActivityProfile(25, (1,), _OUTDOORS, {"volunteers": 8}, has_times=True),
    "gym-visit": ActivityProfile(20, (6,), _GYM, {"police": 3, "municipality": 2}),
    "collaboration-meeting": ActivityProfile(
        20, (8,), ("collaboration-area",), {"principals": 4, "police": 2}, {"coordinatorPresent": _YES_OR_NO}
    ),
    "parent-outreach": ActivityProfile(20, (9,), ("school",), {"parents": 60, "police": 2}),
    "network-meeting": ActivityProfile(15, (5, 6), participants={"municipality": 6, "police": 3}),
    "mobile-office-day": ActivityProfile(15, (1,), ("police-office",), {"residents": 30, "police": 3}),
    "workshop": ActivityProfile(10, (10,), participants={"municipality": 20, "police": 4}),
    "information-campaign": ActivityProfile(10, (5, 6), participants={"residents": 200}),
    "traffic-check": ActivityProfile(10, (1,), _OUTDOORS, {"police": 4}),
    "citizen-dialogue": ActivityProfile(10, (1,), _OUTDOORS, {"residents": 40, "police": 3}),
    "business-visit": ActivityProfile(10, (1,), ("square",), {"police": 3, "businesses": 3}),
    "neighbourhood-watch-meeting": ActivityProfile(8, (1,), participants={"residents": 30, "police": 2}),
    "tobacco-test-purchase": ActivityProfile(
        8, (5,), ("square",), attributes={"outcome": ("refused", "refused", "sold")}
    ),
    "plan-description": ActivityProfile(
        6,
        (2,),
        attributes={
            "planKind": ("detailed", "comprehensive"),
            "safetyHeading": _YES_OR_NO,
            "referred": _YES_OR_NO,
        },
    ),
    "planning-start-meeting": ActivityProfile(
        5, (2,), participants={"municipality": 6}, attributes={"coordinatorInvited": _YES_OR_NO}
    ),
    "council-meeting": ActivityProfile(5, (1,), participants={"municipality": 8, "police": 3}),
    "chief-consultation": ActivityProfile(4, (8,), participants={"municipality": 3, "police": 3}),
    "youth-council-meeting": ActivityProfile(4, (9,), participants={"pupils": 20, "police": 2}),
    "doping-control": ActivityProfile(3, (6,), _GYM),
    "waste-water-test": ActivityProfile(2, (5,)),
}
