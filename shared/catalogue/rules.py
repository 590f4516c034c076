"""What must hold between definitions, beyond what each says alone. Every rule reports all that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.domain.activity_type import ActivityType

# The file, the path of keys inside it, and what is wrong there.
Finding = tuple[str, tuple[str | int, ...], str]


def faults_between(
    types: Mapping[str, ActivityType], named: Collection[str], indicators: Iterable[tuple[str, IndicatorDefinition]]
) -> Iterator[Finding]:
    """Check every indicator against its own kind and against the activity types that it reads.

    `named` are the codes of all types, also of those with faults of their own: these are not unknown on top of that.
    """
    for file, definition in indicators:
        for path, text in (
            *_needs_of_kind(definition),
            *_unknown_types(definition, named),
            *_unknown_attributes(definition, types),
            *_missing_moments(definition, types),
            *_places(definition, types),
        ):
            yield file, path, text


def _needs_of_kind(definition: IndicatorDefinition) -> Iterator[tuple[tuple[str, ...], str]]:
    kind = definition.kind
    if (kind == "sum") != (definition.sums is not None):
        yield ("kind",), "`sums` goes with kind sum, and only with it"
    if (kind == "share") != ((definition.meets is None) != (definition.deadline is None)):
        yield ("kind",), "a share needs either `meets` or `deadline`, and no other kind takes them"
    if (kind == "share") != (definition.denominator is not None):
        yield ("kind",), "a share says its denominator in words, and no other kind has one"
    if (kind == "share") != (definition.unit == "percent"):
        yield ("unit",), "a share is in percent, and nothing else is"


def _types_read(definition: IndicatorDefinition, types: Mapping[str, ActivityType]) -> list[ActivityType]:
    return [activity_type for code, activity_type in types.items() if definition.reads(code)]


def _unknown_types(
    definition: IndicatorDefinition, named: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, code in enumerate(definition.activity_types):
        if code not in named:
            yield ("activityTypes", index), f"unknown activity type '{code}'"


def _unknown_attributes(
    definition: IndicatorDefinition, types: Mapping[str, ActivityType]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for activity_type in _types_read(definition, types):
        for name, values in definition.selects.attributes.items():
            attribute = activity_type.attributes.get(name)
            if attribute is None:
                yield ("selects", "attributes", name), f"{activity_type.code} has no attribute '{name}'"
                continue
            for value in sorted(set(values) - set(attribute.values)):
                yield ("selects", "attributes", name), f"'{name}' of {activity_type.code} has no value '{value}'"
        without = definition.selects.without_attribute
        if without is not None and without not in activity_type.attributes:
            yield ("selects", "withoutAttribute"), f"{activity_type.code} has no attribute '{without}'"


def _missing_moments(
    definition: IndicatorDefinition, types: Mapping[str, ActivityType]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if definition.deadline is None:
        return
    deadline = definition.deadline
    for key, moment in (("after", deadline.after), ("by", deadline.by), ("elseBy", deadline.else_by)):
        for activity_type in _types_read(definition, types):
            if moment is not None and moment not in activity_type.moments:
                yield ("deadline", key), f"{activity_type.code} has no moment '{moment}'"


def _places(
    definition: IndicatorDefinition, types: Mapping[str, ActivityType]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if definition.kind == "distinct":
        for activity_type in _types_read(definition, types):
            if not activity_type.place_kinds:
                yield ("activityTypes",), f"distinct places need a place, which {activity_type.code} does not demand"
