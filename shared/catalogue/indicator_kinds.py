"""What each kind of indicator needs and takes: nothing may be said that its figures would not follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from shared.catalogue.indicator import FACTORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.catalogue.indicator import Condition, IndicatorDefinition, Population, State

_COUNTABLE = frozenset({"count", "SEK", "hours", "days", "own"})
_OBSERVABLE = _COUNTABLE | FACTORS.keys()


@dataclass(frozen=True, slots=True)
class _Form:
    """The units that a kind's figures have, the fields that it cannot do without, and those that it may have."""

    units: frozenset[str]
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()


_ACTIVITIES = ("activity_types",)
_PARTS = ("selects", "slices")
_FORMS = {
    "count": _Form(frozenset({"count"}), _ACTIVITIES, (*_PARTS, "expected_at")),
    "sum": _Form(frozenset({"count", "hours"}), (*_ACTIVITIES, "sums"), (*_PARTS, "expected_at")),
    "share": _Form(frozenset({"percent"}), _ACTIVITIES, (*_PARTS, "meets", "items", "deadline")),
    "distinct": _Form(frozenset({"count"}), _ACTIVITIES, _PARTS),
    "days": _Form(frozenset({"days"}), _ACTIVITIES, _PARTS),
    "coverage": _Form(frozenset({"percent"}), (*_ACTIVITIES, "expects"), _PARTS),
    "state": _Form(frozenset({"percent", "count"}), ("of", "holds"), ("activity_types", "selects")),
    "observed": _Form(_OBSERVABLE, ("observes",), ("suppress_below",)),
    "measured": _Form(_OBSERVABLE, ("observes",)),
    "commitments": _Form(frozenset({"percent"}), (), (*_PARTS, "promises_only")),
}
_FIELDS_OF_KINDS = tuple(dict.fromkeys(name for form in _FORMS.values() for name in (*form.needs, *form.takes)))


def faults_of_kind(definition: IndicatorDefinition) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what a definition lacks, or says in vain, for an indicator of its kind: the keys, and what is wrong."""
    kind, form = definition.kind, _FORMS[definition.kind]
    given = {name for name in _FIELDS_OF_KINDS if getattr(definition, name) != _default(definition, name)}
    for name in form.needs:
        if name not in given:
            yield ("kind",), f"kind {kind} needs `{to_camel(name)}`"
    for name in sorted(given - {*form.needs, *form.takes}):
        yield (to_camel(name),), f"kind {kind} takes no `{to_camel(name)}`"
    if definition.unit not in form.units:
        yield ("unit",), f"kind {kind} is in {' or '.join(sorted(form.units))}"
    yield from _faults_of_unit(definition)
    if kind == "share":
        yield from _faults_of_share(definition)
    if kind == "commitments" and _selects_attributes(definition):
        yield ("selects",), "a commitment has no attributes: it can only be selected by annex"
    if definition.of is not None:
        yield from _faults_of_population(definition.of)
    if definition.holds is not None:
        yield from _faults_of_state(definition, definition.holds)


def _default(definition: IndicatorDefinition, name: str) -> object:
    return type(definition).model_fields[name].get_default(call_default_factory=True)


def _faults_of_unit(definition: IndicatorDefinition) -> Iterator[tuple[tuple[str, ...], str]]:
    unit = definition.unit
    if definition.is_share != (definition.denominator is not None):
        yield ("unit",), "a figure in percent or a mean says its denominator in words, and no other has one"
    # A mean may say what it is a mean of: minutes, or points.
    if unit != "mean" and (unit == "own") != (definition.unit_name is not None):
        yield ("unit",), "a unit of the measure's own is named by `unitName`, and no other but a mean is"
    if definition.sums is not None and (unit == "hours") != definition.sums.times_hours:
        yield ("unit",), "a sum is in hours when `timesHours` is true, and only then"
    if definition.suppress_below is not None and unit != "count" and not definition.is_share:
        yield ("suppressBelow",), "only counts, shares and means of persons can be suppressed"
    between = definition.observes.between if definition.observes else None
    if between is not None and unit != "mean":
        yield ("observes", "between"), "only a mean has bounds"
    elif between is not None and between[0] >= between[1]:
        yield ("observes", "between"), "the first bound is below the second"


def _faults_of_share(definition: IndicatorDefinition) -> Iterator[tuple[tuple[str, ...], str]]:
    criteria = (definition.meets, definition.items, definition.deadline)
    if sum(part is not None for part in criteria) != 1:
        yield ("kind",), "kind share needs one of `meets`, `items` and `deadline`"
    if definition.meets is not None:
        yield from _faults_of_condition(definition.meets)


def _faults_of_condition(condition: Condition) -> Iterator[tuple[tuple[str, ...], str]]:
    if (condition.participants is None) != (condition.at_least is None):
        yield ("meets",), "`participants` and `atLeast` go together"
    if condition.participants is None and not condition.attributes:
        yield ("meets",), "a condition names `participants` or `attributes`"
    if condition.participants is not None and condition.participants.times_hours:
        yield ("meets", "participants", "timesHours"), "a condition is of participants, not of hours"


def _selects_attributes(definition: IndicatorDefinition) -> bool:
    selections = (definition.selects, *definition.slices_by_code.values())
    return any(part.attributes or part.without_attribute is not None for part in selections)


def _faults_of_population(population: Population) -> Iterator[tuple[tuple[str, ...], str]]:
    if not population.place_kinds and population.area_kind is None and population.role is None:
        yield ("of",), "name `placeKinds`, `areaKind` or `role`"
    if population.place_kinds and population.area_kind is not None:
        yield ("of",), "an area is a place of a kind, or of an area kind, but not both"


def _faults_of_state(definition: IndicatorDefinition, state: State) -> Iterator[tuple[tuple[str, ...], str]]:
    if state.within_months is not None and state.role is None:
        yield ("holds", "withinMonths"), "it is the age of a `role`, which is not named"
    if (state.met_since is not None) != bool(definition.activity_types):
        yield ("holds",), "`metSince` goes with `activityTypes`, and only with them"
    if definition.unit == "percent" and state.role is None and state.met_since is None:
        yield ("holds",), "a share of what exists is always whole: name `role` or `metSince`"
