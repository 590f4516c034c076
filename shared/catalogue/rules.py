"""What must hold between the parts of a definition, and between definitions. Every rule reports all that it finds."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from shared.catalogue.indicator_kinds import faults_of_kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from shared.catalogue.indicator import CodeList, IndicatorDefinition, IndicatorSelection, ListedCode, Participants
    from shared.domain.activity_type import ActivityType, Attribute
    from shared.domain.role import Role

# The keys that lead to a place inside a document.
Path = tuple[str | int, ...]
# Where, and what is wrong there.
Finding = tuple[Path, str]


def faults_of_type(activity_type: ActivityType, types: Mapping[str, ActivityType]) -> Iterator[Finding]:
    """Check an activity type against itself and the other types."""
    needed = {"start": ("start",), "startElseCompleted": ("start", "completed")}[activity_type.counts_by]
    for moment in needed:
        if moment not in activity_type.moments:
            yield ("moments",), f"it counts by {' or '.join(needed)}, and has no '{moment}'"
    if activity_type.participants_required and not activity_type.participant_groups:
        yield ("participantsRequired",), "it takes no participant groups"
    for name, attribute in activity_type.attributes.items():
        yield from ((("attributes", name, *path), text) for path, text in _faults_of_attribute(attribute))
        other = attribute.excluded_by
        if other is not None and (other == name or other not in activity_type.attributes):
            yield ("attributes", name, "excludedBy"), f"{activity_type.code} has no other attribute '{other}'"
    yield from _wrong_span("validTo", activity_type)
    yield from _faults_of_lists(activity_type, types)


def _faults_of_attribute(attribute: Attribute) -> Iterator[Finding]:
    if (attribute.kind == "choice") != bool(attribute.values):
        yield ("kind",), "a choice lists its values, and no other kind has any"
    if (attribute.excluded_by is None) != (attribute.exclusion is None):
        yield (), "`excludedBy` goes with `exclusion`, which says why in words"
    if attribute.required and attribute.excluded_by is not None:
        yield ("required",), "what another attribute excludes cannot be required"


# Attributes whose cells are texts as they are written.
_TEXTS = frozenset({"choice", "reference"})


def _faults_of_lists(activity_type: ActivityType, types: Mapping[str, ActivityType]) -> Iterator[Finding]:
    """Yield the attributes that are read otherwise here than elsewhere: a column of a CSV file is read by name."""
    for name, attribute in activity_type.attributes.items():
        for other in types.values():
            same = other.attributes.get(name)
            if same is not None and same.kind != attribute.kind and not {same.kind, attribute.kind} <= _TEXTS:
                yield ("attributes", name, "kind"), f"'{name}' of {other.code} is {same.kind}: give it another name"


def faults_of_indicator(
    definition: IndicatorDefinition,
    types: Mapping[str, ActivityType],
    measures: Mapping[str, Collection[IndicatorDefinition]],
    named: Collection[str],
    roles: Mapping[str, Role],
) -> Iterator[Finding]:
    """Check an indicator against its own kind, the activity types that it reads, and its measure's other readers.

    `named` are the codes of all types, also of those with faults of their own: these are not unknown on top of that.
    `roles` are those that it may name.
    """
    read = [activity_type for code, activity_type in types.items() if code in definition.activity_types]
    yield from faults_of_kind(definition)
    yield from _wrong_span("validTo", definition)
    for index, code in enumerate(definition.activity_types):
        if code not in named:
            yield ("activityTypes", index), f"unknown activity type '{code}'"
    yield from _faults_of_slices(definition)
    for activity_type in read:
        yield from _unknown_attributes(definition, activity_type)
        yield from _missing_moments(definition, activity_type)
        yield from _missing_place(definition, activity_type)
    yield from _untaken_groups(definition, read)
    yield from _faults_of_roles(definition, roles)
    yield from _faults_of_measure(definition, measures)


def _wrong_span(key: str, valid: ActivityType | IndicatorDefinition | ListedCode) -> Iterator[Finding]:
    if valid.valid_from is not None and valid.valid_to is not None and valid.valid_to < valid.valid_from:
        yield (key,), "is before `validFrom`"


def _faults_of_slices(definition: IndicatorDefinition) -> Iterator[Finding]:
    for code, part in definition.slices_by_code.items():
        if code == "all":
            yield ("slices", code), "'all' is the indicator itself"
        if not (part.attributes or part.without_attribute or part.annex or part.annex_code or part.selects_times):
            yield ("slices", code), "a slice selects something"
        yield from ((("slices", code, *path), text) for path, text in _beyond(definition.selects, part))


def _beyond(whole: IndicatorSelection, part: IndicatorSelection) -> Iterator[Finding]:
    """Yield what a slice selects that the indicator does not: it would be no part of it."""
    for name, values in part.attributes.items():
        if name in whole.attributes and not set(values) <= set(whole.attributes[name]):
            yield ("attributes", name), "selects values that the indicator does not"
    if whole.weekdays and not set(part.weekdays) <= set(whole.weekdays):
        yield ("weekdays",), "selects days that the indicator does not"
    if part.at_least_minutes is not None and part.at_least_minutes < (whole.at_least_minutes or 0):
        yield ("atLeastMinutes",), "selects shorter ones than the indicator does"
    for key, of_part, of_whole in (
        ("from", part.from_time, whole.from_time),
        ("to", part.to_time, whole.to_time),
        ("withoutAttribute", part.without_attribute, whole.without_attribute),
        ("annex", part.annex, whole.annex),
    ):
        if of_part is not None and of_whole is not None and of_part != of_whole:
            yield (key,), "is not the one that the indicator selects"


def _unknown_attributes(definition: IndicatorDefinition, activity_type: ActivityType) -> Iterator[Finding]:
    selections: list[tuple[Path, IndicatorSelection]] = [(("selects",), definition.selects)]
    selections += [(("slices", code), part) for code, part in definition.slices_by_code.items()]
    chosen = [((*path, "attributes"), selection.attributes) for path, selection in selections]
    if definition.meets is not None:
        chosen.append((("meets", "attributes"), definition.meets.attributes))
    for path, attributes in chosen:
        for name, values in attributes.items():
            attribute = activity_type.attributes.get(name)
            if attribute is None or attribute.kind != "choice":
                yield (*path, name), f"{activity_type.code} has no choice '{name}'"
                continue
            for value in sorted(set(values) - attribute.values.keys()):
                yield (*path, name), f"'{name}' of {activity_type.code} has no value '{value}'"
    for path, selection in selections:
        without = selection.without_attribute
        if without is not None and without not in activity_type.attributes:
            yield (*path, "withoutAttribute"), f"{activity_type.code} has no attribute '{without}'"
    summed = definition.sums.attribute if definition.sums is not None else None
    stated = activity_type.attributes.get(summed) if summed else None
    if summed and (stated is None or stated.kind != "number"):
        yield ("sums", "attribute"), f"{activity_type.code} has no number '{summed}'"
    items = definition.items and activity_type.attributes.get(definition.items)
    if definition.items is not None and (not items or items.kind != "items"):
        yield ("items",), f"{activity_type.code} has no list of items '{definition.items}'"


def _faults_of_roles(definition: IndicatorDefinition, roles: Mapping[str, Role]) -> Iterator[Finding]:
    for path, code in definition.roles.items():
        if code not in roles:
            yield path, f"unknown role '{code}'"
    expected = definition.expects.role if definition.expects is not None else None
    if expected is not None and expected in roles and not roles[expected].takes_need:
        takers = ", ".join(code for code, role in roles.items() if role.takes_need)
        yield ("expects", "role"), f"only {takers} says how many visits a place needs"


def _missing_moments(definition: IndicatorDefinition, activity_type: ActivityType) -> Iterator[Finding]:
    needed: list[tuple[Path, str | None]] = []
    if definition.deadline is not None:
        limit = definition.deadline
        needed += [(("deadline", "after"), limit.after), (("deadline", "by"), limit.by)]
        needed += [(("deadline", "elseBy"), limit.else_by)]
    if definition.sums is not None and definition.sums.times_hours:
        needed += [(("sums", "timesHours"), "start"), (("sums", "timesHours"), "end")]
    parts: list[tuple[Path, IndicatorSelection]] = [(("selects",), definition.selects)]
    parts += [(("slices", code), part) for code, part in definition.slices_by_code.items()]
    for path, part in parts:
        needed += [((*path, "atLeastMinutes"), "end")] if part.at_least_minutes is not None else []
        needed += [((*path, "from"), "start")] if part.from_time is not None else []
    for path, moment in needed:
        if moment is not None and moment not in activity_type.moments:
            yield path, f"{activity_type.code} has no moment '{moment}'"


def _missing_place(definition: IndicatorDefinition, activity_type: ActivityType) -> Iterator[Finding]:
    """Yield where the figure is of places, and the type does not demand a place, or a place of the kinds counted."""
    if not _is_of_places(definition):
        return
    if not activity_type.place_kinds:
        yield ("activityTypes",), f"places are counted, and {activity_type.code} does not demand one"
        return
    for key, counted in (("of", definition.of), ("expects", definition.expects)):
        if counted and counted.place_kinds and not set(counted.place_kinds) & set(activity_type.place_kinds):
            yield (key, "placeKinds"), f"{activity_type.code} happens at none of them"


def _is_of_places(definition: IndicatorDefinition) -> bool:
    met = definition.holds is not None and definition.holds.met_since is not None
    return met or definition.kind in {"distinct", "coverage"} or definition.expected_at is not None


def _untaken_groups(definition: IndicatorDefinition, read: Collection[ActivityType]) -> Iterator[Finding]:
    """Yield the groups that a figure singles out although no type that it reads takes them."""
    counted: list[tuple[Path, Participants]] = []
    if definition.sums is not None and definition.sums.attribute is None:
        counted.append((("sums",), definition.sums))
    if definition.meets is not None and definition.meets.participants is not None:
        counted.append((("meets", "participants"), definition.meets.participants))
    taken = {group for activity_type in read for group in activity_type.participant_groups}
    for path, participants in counted:
        for key, groups in (("only", participants.only), ("excluding", participants.excluding)):
            for index, group in enumerate(groups):
                if read and group not in taken:
                    yield (*path, key, index), f"no activity type that it reads takes '{group}'"
        if participants.only and participants.excluding:
            yield path, "its groups are named by `only` or by `excluding`, but not by both"
        if read and not taken.intersection(participants.groups):
            yield path, "no group is left to count"


def _faults_of_measure(
    definition: IndicatorDefinition, measures: Mapping[str, Collection[IndicatorDefinition]]
) -> Iterator[Finding]:
    if definition.observes is None:
        return
    observes = definition.observes
    for other in measures.get(observes.measure, ()):
        if other.kind != definition.kind:
            yield ("observes", "measure"), f"{other.code} reads '{observes.measure}' as {other.kind}"
        elif other.observes is not None and (other.observes.codes is None) != (observes.codes is None):
            yield ("observes",), f"'{observes.measure}' is read by codes or without, and {other.code} does the other"
        elif _needs_another_form(definition, other):
            yield ("unit",), f"{other.code} reads '{observes.measure}' in {other.unit}"
        elif other.observes is not None and other.observes.between != observes.between:
            yield ("observes", "between"), f"{other.code} says otherwise"
    if observes.codes is not None:
        yield from ((("observes", "codes", *path), text) for path, text in _faults_of_codes(observes.codes))


def _needs_another_form(definition: IndicatorDefinition, other: IndicatorDefinition) -> bool:
    """Tell whether what is reported for the one is no report for the other, or says something else there.

    A share needs the whole, which whoever reports a count leaves out; of a mean, the numerator counts nothing.
    """
    if definition.unit == other.unit or not (definition.is_share or other.is_share):
        return False
    return definition.is_share or other.unit == "mean" or definition.kind == "observed"


def _faults_of_codes(codes: CodeList) -> Iterator[Finding]:
    for index, entry in enumerate(codes.entries):
        yield from ((("entries", index, *path), text) for path, text in _wrong_span("validTo", entry))
    for (_, one), (index, other) in combinations(enumerate(codes.entries), 2):
        if one.code == other.code and _overlap(one, other):
            yield ("entries", index, "code"), f"{other.code} stands twice for the same days"


def _overlap(one: ListedCode, other: ListedCode) -> bool:
    """Tell whether both are in use on some day; a bound that is not given is open."""
    return all(
        first is None or last is None or first <= last
        for first, last in ((one.valid_from, other.valid_to), (other.valid_from, one.valid_to))
    )
