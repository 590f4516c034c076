"""Landskrona's figures of 2016 worked out straight from the demo's files, as a second opinion on what is answered.

It shares no definition, period, calendar or SQL with the project: every rule is written out here a second time.
"""

# Over 300 lines: every indicator worked out a second time, to be read in one piece.

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import TypeAlias

from tests.landskrona.files import Activity, activities, document, rows

# The first and last day of T1, T2, T3 and the year.
SPANS = (
    (date(2016, 1, 1), date(2016, 4, 30)),
    (date(2016, 5, 1), date(2016, 8, 31)),
    (date(2016, 9, 1), date(2016, 12, 31)),
    (date(2016, 1, 1), date(2016, 12, 31)),
)
# Monday to Friday in 2016, and yet no working days: from Epiphany to the day after Christmas.
FREE_DAYS = {
    *(date(2016, 1, 1), date(2016, 1, 6), date(2016, 3, 25), date(2016, 3, 28), date(2016, 5, 5), date(2016, 6, 6)),
    *(date(2016, 6, 24), date(2016, 12, 26)),
}
ANNEXES = {
    1: "visible-police",
    2: "planning",
    3: "safety-walks",
    4: "attractive-city",
    5: "drugs-and-tobacco",
    6: "drug-free-gyms",
    7: "contact-officers",
    8: "school-social-police",
    9: "online-abuse",
    10: "close-relationship-violence",
}
OFFICIALS = {
    *("principals", "studentHealthStaff", "otherSchoolStaff", "socialServices", "municipality", "police"),
    "propertyOwners",
}
LEAST_WALKERS = 20
TERM_DAYS = 10

Figure: TypeAlias = tuple[float | None, float | None, int]
"""Numerator, denominator (None for what is no share), and how many cases are counted apart."""
Figures: TypeAlias = dict[tuple[str, str], list[Figure]]
"""The figures of T1, T2, T3 and the year, by indicator and slice."""

ALL = activities()
PERFORMED = [one for one in ALL if one.is_performed]


def figures() -> Figures:
    """Return every figure of the municipality that the annexes ask for, and the others."""
    return {
        **_counts(),
        **_people(),
        **_shares(),
        **_in_time(),
        **_schools(),
        **_states(),
        **_observed(),
        **_promises(),
    }


def _in(span: tuple[date, date], day: date | None) -> bool:
    return day is not None and span[0] <= day <= span[1]


def _counted_on(one: Activity) -> date | None:
    """Return the day that an activity counts on: its start, or of remedial work without one its completion."""
    return one.days.get("start", one.days.get("completed"))


def _of(type_: str, annex: int | None = None, **attributes: str) -> list[Activity]:
    return [
        one
        for one in PERFORMED
        if one.type == type_
        and annex in {None, one.annex}
        and all(one.attributes.get(name) == value for name, value in attributes.items())
    ]


def _count(some: Collection[Activity]) -> list[Figure]:
    return [(sum(_in(span, _counted_on(one)) for one in some), None, 0) for span in SPANS]


def _sliced(indicator: str, type_: str, *numbers: int) -> Figures:
    return {(indicator, ANNEXES[number]): _count(_of(type_, number)) for number in numbers}


def _counts() -> Figures:
    names = {
        "foot-patrols": "foot-patrol",
        "business-visits": "business-visit",
        "traffic-checks": "traffic-check",
        "citizen-dialogues": "citizen-dialogue",
        "safety-walks": "safety-walk",
        "trainings": "training",
        "graffiti-cleanups": "graffiti-cleanup",
        "dumped-waste-removals": "dumped-waste-removal",
        "waste-water-tests": "waste-water-test",
        "information-campaigns": "information-campaign",
        "doping-controls": "doping-control",
        "gym-visits": "gym-visit",
        "network-meetings": "network-meeting",
        "school-visits": "school-visit",
        "collaboration-meetings": "collaboration-meeting",
        "parent-outreach": "parent-outreach",
        "workshops": "workshop",
        "council-meetings": "council-meeting",
        "chief-consultations": "chief-consultation",
        "youth-council-meetings": "youth-council-meeting",
        "neighbourhood-watch-meetings": "neighbourhood-watch-meeting",
    }
    office_days = {(one.area, one.days["start"]) for one in _of("mobile-office-day")}
    return {
        **{(indicator, "all"): _count(_of(type_)) for indicator, type_ in names.items()},
        **_sliced("trainings", "training", 5, 6),
        ("trainings", "drug-free-gyms-youth"): _count(_of("training", 6, audience="youth")),
        ("trainings", "drug-free-gyms-public"): _count(_of("training", 6, audience="public")),
        **_sliced("information-campaigns", "information-campaign", 5, 6),
        **_sliced("network-meetings", "network-meeting", 6),
        **_sliced("parent-outreach", "parent-outreach", 9),
        **_sliced("workshops", "workshop", 10),
        ("mobile-office-days", "all"): [(sum(_in(span, day) for _, day in office_days), None, 0) for span in SPANS],
    }


def _attendances(one: Activity, groups: Collection[str] | None = None, without: Collection[str] = ()) -> int:
    counted = [name for name in one.people if (groups is None or name in groups) and name not in without]
    return sum(one.people[name] for name in counted)


def _sum(some: Collection[Activity], amount: Callable[[Activity], float | None]) -> list[Figure]:
    """Add up the amount of each; an activity without an amount is counted apart."""
    figures: list[Figure] = []
    for span in SPANS:
        values = [amount(one) for one in some if _in(span, _counted_on(one))]
        known = [value for value in values if value is not None]
        figures.append((sum(known), None, len(values) - len(known)))
    return figures


def _people() -> Figures:
    def everyone(one: Activity) -> int:
        return _attendances(one)

    def walkers(one: Activity) -> int:
        return _attendances(one, without=OFFICIALS)

    def parents(one: Activity) -> int:
        return _attendances(one, {"parents"})

    def volunteer_hours(one: Activity) -> float | None:
        return None if one.hours is None else one.hours * one.people["volunteers"]

    return {
        ("training-participants", "all"): _sum(_of("training"), everyone),
        ("training-participants", ANNEXES[5]): _sum(_of("training", 5), everyone),
        ("training-participants", ANNEXES[6]): _sum(_of("training", 6), everyone),
        ("workshop-participants", ANNEXES[10]): _sum(_of("workshop", 10), everyone),
        ("parents-reached", ANNEXES[9]): _sum(_of("parent-outreach", 9), parents),
        ("safety-walk-participants", "all"): _sum(_of("safety-walk"), walkers),
        ("participants", "all"): _sum(PERFORMED, everyone),
        ("volunteer-hours", "all"): _sum(_of("volunteer-shift"), volunteer_hours),
    }


def _share(some: Iterable[Activity], is_met: Callable[[Activity], bool]) -> list[Figure]:
    cases = list(some)
    return [_met([is_met(one) for one in cases if _in(span, _counted_on(one))]) for span in SPANS]


def _met(verdicts: Sequence[bool], apart: int = 0) -> Figure:
    return sum(verdicts), len(verdicts), apart


def _shares() -> Figures:
    def says(name: str, value: str) -> Callable[[Activity], bool]:
        return lambda one: one.attributes[name] == value

    enough = _share(_first_walks(), lambda one: _attendances(one, without=OFFICIALS) >= LEAST_WALKERS)
    return {
        ("plans-referred", "all"): _share(_of("plan-description"), says("referred", "yes")),
        ("plans-referred", "detailed"): _share(_of("plan-description", planKind="detailed"), says("referred", "yes")),
        ("plans-with-safety-heading", "all"): _share(_of("plan-description"), says("safetyHeading", "yes")),
        ("start-meetings-coordinator-invited", "all"): _share(
            _of("planning-start-meeting"), says("coordinatorInvited", "yes")
        ),
        ("tobacco-sales-refused", "all"): _share(_of("tobacco-test-purchase"), says("outcome", "refused")),
        ("safety-walks-reaching-20", "all"): enough,
        ("safety-walk-actions-done", "all"): [_actions(span) for span in SPANS],
    }


def _first_walks() -> list[Activity]:
    return [one for one in _of("safety-walk") if "followsUp" not in one.attributes]


def _actions(span: tuple[date, date]) -> Figure:
    walks = [one for one in _first_walks() if _in(span, _counted_on(one))]
    listed = [one.attributes["actionItems"].split(" | ") for one in walks if "actionItems" in one.attributes]
    items = [item for items in listed for item in items]
    return sum(item.startswith("done:") for item in items), len(items), len(walks) - len(listed)


def _is_working_day(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in FREE_DAYS


def _two_working_days_after(day: date) -> date:
    left = 2
    while left:
        day += timedelta(days=1)
        left -= _is_working_day(day)
    return day


def _in_time() -> Figures:
    graffiti = [one for one in ALL if one.type == "graffiti-cleanup"]
    hateful = [one for one in graffiti if one.attributes.get("contentKind") in {"racist", "sexist"}]
    waste = [one for one in ALL if one.type == "dumped-waste-removal"]
    return {
        ("graffiti-started-in-time", "all"): _prompt(graffiti, "start", "completed"),
        ("hateful-graffiti-started-in-time", "all"): _prompt(hateful, "start", "completed"),
        ("graffiti-police-reported-in-time", "all"): _prompt(graffiti, "policeReported"),
        ("dumped-waste-removed-in-time", "all"): _prompt(waste, "completed"),
        ("dumped-waste-police-reported-in-time", "all"): _prompt(waste, "policeReported"),
    }


def _prompt(cases: Collection[Activity], by: str, else_by: str | None = None) -> list[Figure]:
    """Return the share of reported cases where something came within two working days; all deadlines are over."""
    figures = []
    for span in SPANS:
        verdicts, apart = [], 0
        for one in cases:
            if one.status == "cancelled" or not _in(span, one.days.get("reported", _counted_on(one))):
                continue
            verdict = _is_prompt(one, by, else_by)
            if verdict is None:
                apart += 1
            else:
                verdicts.append(verdict)
        figures.append(_met(verdicts, apart))
    return figures


def _is_prompt(one: Activity, by: str, else_by: str | None) -> bool | None:
    """Return whether it came in time; None when that cannot be known."""
    if "reported" not in one.days:
        return None
    due = _two_working_days_after(one.days["reported"])
    if by == "policeReported":
        # Whether the police got a report does not depend on whether the work is done; no day means that they did not.
        return one.days.get(by, date.max) <= due
    if not one.is_performed:
        return False
    if by in one.days:
        return one.days[by] <= due
    # Done by the deadline, it was also begun by then; done later, it may have been.
    return True if else_by and one.days.get(else_by, date.max) <= due else None


def _schools() -> Figures:
    visits = [(one.area, one.days["start"]) for one in _of("school-visit")]
    months = [date(2016, month, 1) for month in range(1, 13)]
    enough: dict[date, list[bool]] = {month: [] for month in months}
    for role in rows("roles.csv"):
        if role["role"] != "contact-officer":
            continue
        for month in months:
            if _term_days(month, date.fromisoformat(role["validFrom"])) >= TERM_DAYS:
                made = [day for area, day in visits if area == role["area"] and day.replace(day=1) == month]
                enough[month].append(len(made) >= int(role["need"]))
    as_needed = [_met([ok for month in months if _in(span, month) for ok in enough[month]]) for span in SPANS]
    return {
        ("schools-visited", "all"): [
            (len({area for area, day in visits if _in(span, day)}), None, 0) for span in SPANS
        ],
        ("school-visits-as-needed", "all"): as_needed,
    }


def _term_days(month: date, since: date) -> int:
    """Return the working days of a month that lie in a term and not before a day."""
    terms = [(date.fromisoformat(row["validFrom"]), date.fromisoformat(row["validTo"])) for row in rows("terms.csv")]
    days = [month + timedelta(days=number) for number in range(31)]
    return sum(
        day.month == month.month and day >= since and _is_working_day(day) and any(_in(term, day) for term in terms)
        for day in days
    )


def _states() -> Figures:
    def with_role(role: str, day: date) -> set[str]:
        return {
            row["area"]
            for row in rows("roles.csv")
            if row["role"] == role and row["validFrom"] <= day.isoformat() <= (row["validTo"] or "9999-12-31")
        }

    def of_kind(kind: str) -> set[str]:
        return {row["code"] for row in rows("places.csv") if row["placeKind"] == kind}

    def share(role: str, whole: Callable[[date], set[str]]) -> list[Figure]:
        return [(len(with_role(role, last) & whole(last)), len(whole(last)), 0) for _, last in SPANS]

    def agreed(day: date) -> set[str]:
        return with_role("contact-officer-school", day)

    met = [(one.area, one.days["start"]) for one in _of("collaboration-meeting", coordinatorPresent="yes")]
    groups = of_kind("collaboration-area")
    return {
        ("certified-gyms", "all"): share("certified-prodis", lambda _: of_kind("gym")),
        ("gyms-working-by-prodis", "all"): share("works-by-prodis", lambda _: of_kind("gym")),
        ("schools-with-contact-officer", "all"): share("contact-officer", agreed),
        ("schools-with-contact-person", "all"): share("contact-person", agreed),
        ("schools-with-online-abuse-plan", "all"): share("online-abuse-plan", lambda _: of_kind("school")),
        ("active-collaboration-groups", "all"): share("active-collaboration-group", lambda _: groups),
        ("contact-officer-schools", "all"): [(len(with_role("contact-officer", last)), None, 0) for _, last in SPANS],
        ("police-offices-open", "all"): [(len(with_role("open-to-public", last)), None, 0) for _, last in SPANS],
        ("groups-met-coordinator", "all"): [
            (len({area for area, day in met if day <= last}), len(groups), 0) for _, last in SPANS
        ],
    }


def _observed() -> Figures:
    observations = [row for row in rows("observations-2016.csv") if row["area"] == "1282"]

    def months_of(measure: str, *codes: str) -> list[Figure]:
        of_measure = [row for row in observations if row["measure"] == measure and row["code"] in (codes or ("",))]
        months = [(date.fromisoformat(f"{row['period']}-01"), float(row["numerator"])) for row in of_measure]
        return [(sum(value for month, value in months if _in(span, month)), None, 0) for span in SPANS]

    def published(measure: str) -> list[Figure]:
        by_period = {row["period"]: row for row in observations if row["measure"] == measure}
        found = [by_period.get(period) for period in ("2016-T1", "2016-T2", "2016-T3", "2016")]
        return [
            (float(row["numerator"]), float(row["denominator"]) if row["denominator"] else None, 0)
            if row
            else (None, None, 0)
            for row in found
        ]

    surveys = (
        *("feels-safe-outdoors", "refrained-out-of-worry", "littering-a-problem", "satisfied-cleaning"),
        *("satisfied-lighting", "youth-smoking", "youth-tried-cannabis", "waste-water-cannabis", "gym-staff-trained"),
        *("schools-safe-qualis", "collaboration-improved", "groups-around-individuals", "individual-work-easier"),
        "safe-online",
    )
    return {
        **{(survey, "all"): published(survey) for survey in surveys},
        ("vandalism-cost", "all"): months_of("vandalism-cost"),
        ("online-abuse-reported", "all"): months_of("online-abuse-reported"),
        ("reported-assaults-outdoors", "all"): months_of("crimes-by-code", "0355", "0375", "9301"),
        ("reported-shop-robberies", "all"): months_of("crimes-by-code", "0864"),
        ("reported-street-robberies", "all"): months_of("crimes-by-code", "9806", "0892"),
        ("reported-assaults", "all"): months_of("crimes-by-category", "13197"),
        ("reported-robberies", "all"): months_of("crimes-by-category", "13268"),
    }


def _promises() -> Figures:
    due: list[tuple[int, bool, date, bool]] = []
    for commitment in document("commitments.yaml")["commitments"]:
        if "withdrawnOn" in commitment:
            continue
        day = date.fromisoformat(commitment["dueOn"])
        linked = [one for one in PERFORMED if one.commitment == commitment["code"] and one.days["start"] <= day]
        decided = {one["area"]: date.fromisoformat(one["fulfilledOn"]) for one in commitment.get("decisions", [])}
        fulfilled = [
            decided.get(area, date.max) <= day or len(linked) >= commitment.get("times", 1)
            for area in commitment["areas"]
        ]
        # Those of Landskrona that are for several areas are one of its own in each.
        assert len(fulfilled) == 1 or commitment["eachArea"]
        due += [(commitment["annex"], commitment["promise"], day, is_fulfilled) for is_fulfilled in fulfilled]
    return {
        **{
            ("commitments-fulfilled", theme): [
                _met([is_fulfilled for annex, _, day, is_fulfilled in due if annex == number and _in(span, day)])
                for span in SPANS
            ]
            for number, theme in ANNEXES.items()
        },
        ("commitments-fulfilled", "all"): [
            _met([is_fulfilled for *_, day, is_fulfilled in due if _in(span, day)]) for span in SPANS
        ],
        ("citizen-promises-kept", "all"): [
            _met([is_fulfilled for _, promise, day, is_fulfilled in due if promise and _in(span, day)])
            for span in SPANS
        ],
    }
