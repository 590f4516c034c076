"""Every definition with one condition dropped or changed, derived from the definition's own model.

What a field can be changed to follows from its type alone, so that a new field is changed without anyone writing code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from shared.catalogue.indicator import (
    THEMES,
    AttributeValues,
    CodeList,
    IndicatorDefinition,
    IndicatorSelection,
    Measure,
    Theme,
)
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.catalogue.rules import faults_of_indicator
from shared.catalogue.times import WEEKDAYS, ClockTime, Deadline, Weekday
from shared.domain.activity import MOMENT_NAMES, PARTICIPANT_GROUP_NAMES
from shared.domain.activity_type import GroupName, MomentName
from shared.domain.role import RoleCode

# What can be left as it is without a figure being another, and why.
NO_CONDITIONS: Mapping[tuple[type[BaseModel], str], str] = {
    (IndicatorDefinition, "code"): "names it",
    (IndicatorDefinition, "version"): "counts its changes",
    (IndicatorDefinition, "name"): "names it in words",
    (IndicatorDefinition, "definition"): "says in words what the other fields say",
    (IndicatorDefinition, "numerator"): "says in words what the other fields say",
    (IndicatorDefinition, "denominator"): "says in words what the other fields say",
    (IndicatorDefinition, "unit"): "says how the figure is written; whether it is a share is tied to it by the rules",
    (IndicatorDefinition, "unit_name"): "says how the figure is written",
    (IndicatorDefinition, "direction"): "says which way is better, and is judged by, not counted by",
    (IndicatorDefinition, "slices"): "each is a definition of its own, and is changed as such",
    (IndicatorSelection, "annex_code"): "comes with agreements, and is changed with these",
    (Measure, "between"): "says which observations are refused, and counts none",
    (CodeList, "source"): "says where the list comes from",
    (Deadline, "after"): "has one word only",
}
# The words that a field of such a type can have.
_VOCABULARIES: tuple[tuple[object, tuple[str, ...]], ...] = (
    (Theme, THEMES),
    (RoleCode, tuple(shipped_catalogue().roles)),
    (GroupName, PARTICIPANT_GROUP_NAMES),
    (MomentName, MOMENT_NAMES),
    (Weekday, WEEKDAYS),
)
# Whose an own definition may be instead: a municipality that no case has another use for, and all around it.
NEIGHBOUR, AROUND = "1280", "SE"
_ONE_MONTH = timedelta(days=31)
T = TypeVar("T", bound=BaseModel)
Field = tuple[type[BaseModel], str]


class Change(NamedTuple):
    """A value in the place of another, how the two differ in words, and the fields that lead to the difference."""

    value: Any
    description: str
    path: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Mutant:
    """One definition with one change, or one slice of it; `definition` has no slices."""

    code: str
    definition: IndicatorDefinition
    part: str
    description: str
    owners: tuple[str, ...] = ()


def mutants_of_owners(definition: IndicatorDefinition, owners: tuple[str, ...]) -> Iterator[Mutant]:
    """Yield the definition as it would be of fewer areas, of one more municipality, or of all that lies around."""
    fewer = [tuple(one for one in owners if one != gone) for gone in owners if len(owners) > 1]
    for number, other in enumerate((*fewer, (*owners, NEIGHBOUR), (AROUND,))):
        plain = definition.model_copy(update={"code": f"o-{number}", "slices": {}})
        yield Mutant(plain.code, plain, "all", f"of {', '.join(other)}", other)


def mutants(definition: IndicatorDefinition, catalogue: Catalogue) -> Iterator[Mutant]:
    """Yield all that the catalogue's own rules would let pass.

    `definition` is spelled out; `catalogue` tells the activity types, and which other indicators read its measure.
    """
    for number, (part, change) in enumerate(_changes_of_parts(definition, catalogue)):
        plain = change.value.model_copy(update={"code": f"m-{number}", "slices": {}})
        mutant = _admitted(plain, definition.code, catalogue)
        same = definition.sliced(part).model_copy(update={"code": plain.code, "slices": {}})
        if mutant is not None and mutant.model_dump() != same.model_dump():
            yield Mutant(plain.code, mutant, part, change.description)


def changed_fields(definition: IndicatorDefinition, catalogue: Catalogue) -> set[Field]:
    """Return the fields in which the definition can be changed, whether or not the catalogue would take it then."""
    return {field for _, change in _changes_of_parts(definition, catalogue) for field in change.path}


def _changes_of_parts(definition: IndicatorDefinition, catalogue: Catalogue) -> Iterator[tuple[str, Change]]:
    change = _Changing(catalogue)
    for whole in change.changes(IndicatorDefinition, definition):
        yield "all", whole
    assert not isinstance(definition.slices, str)
    for part, selection in definition.slices.items():
        for changed in change.changes(IndicatorSelection, selection):
            other = definition.model_copy(update={"slices": {part: changed.value}}).sliced(part)
            yield part, Change(other, f"slices.{part}.{changed.description}", changed.path)


def _admitted(plain: IndicatorDefinition, original: str, catalogue: Catalogue) -> IndicatorDefinition | None:
    """Return the definition as the catalogue would spell it out; None if it would refuse it."""
    try:
        written = IndicatorDefinition.model_validate(plain.model_dump())
    except ValidationError:
        return None
    mutant = Catalogue(catalogue.activity_types, {written.code: written}).indicators[written.code]
    measures = {
        measure: [reader for reader in readers if reader.code != original]
        for measure, readers in catalogue.measures.items()
    }
    faults = faults_of_indicator(mutant, catalogue.activity_types, measures, catalogue.activity_types, catalogue.roles)
    return None if any(faults) else mutant


def fields() -> set[Field]:
    """Return every field of the definition's model and of the models inside it."""
    found: set[Field] = set()
    waiting: list[Any] = [IndicatorDefinition]
    while waiting:
        hint = waiting.pop()
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            inner = hints(hint)
            new = {(_declaring(hint, name), name) for name in inner} - found
            found |= new
            waiting += [inner[name] for field in new if field not in NO_CONDITIONS for name in field[1:]]
        else:
            waiting += get_args(hint)
    return found


@cache
def hints(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the types of a model's fields as they are written."""
    written = get_type_hints(model, include_extras=True)
    return {name: written[name] for name in model.model_fields}


def _declaring(model: type[BaseModel], name: str) -> type[BaseModel]:
    """Return the model that declares a field, of a model and those that it extends: a slice is a selection."""
    return next(base for base in reversed(model.__mro__) if issubclass(base, BaseModel) and name in base.model_fields)


class _Changing:
    """Changes values by their types."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._types = catalogue.activity_types

    def changes(self, hint: Any, value: Any) -> Iterator[Change]:
        """Yield every value that is one change away. Raises TypeError for a type that it does not know."""
        if hint == AttributeValues:
            yield from self._of_attributes(value)
        elif hint == ClockTime:
            yield from (Change(other, f"{value} → {other}") for other in _a_minute_away(value))
        elif words := _words(hint):
            yield from (Change(word, f"{value} → {word}") for word in words if word != value)
        elif get_origin(hint) is Annotated:
            yield from self.changes(get_args(hint)[0], value)
        elif get_origin(hint) in {Union, UnionType}:
            yield from self._of_one_of(get_args(hint), value)
        elif get_origin(hint) is Literal:
            yield from (Change(word, f"{value} → {word}") for word in get_args(hint) if word != value)
        elif get_origin(hint) is tuple:
            yield from self._of_several(get_args(hint)[0], value)
        elif isinstance(hint, type) and issubclass(hint, BaseModel):
            yield from self._of_model(value)
        else:
            yield from (Change(other, f"{value} → {other}") for other in _NEIGHBOURS[hint](value))

    def _of_model(self, model: BaseModel) -> Iterator[Change]:
        for name, hint in hints(type(model)).items():
            field = (_declaring(type(model), name), name)
            if field not in NO_CONDITIONS:
                for change in self.changes(hint, getattr(model, name)):
                    other = model.model_copy(update={name: change.value})
                    yield Change(other, f"{name}: {change.description}", (field, *change.path))

    def _of_one_of(self, forms: tuple[Any, ...], value: Any) -> Iterator[Change]:
        if value is None:
            return
        if NoneType in forms:
            yield Change(None, "dropped")
        for form in forms:
            words = get_args(form) if get_origin(form) is Literal else ()
            if words and value not in words:
                yield from (Change(word, f"→ {word}") for word in words)
            elif form is not NoneType:
                yield from self.changes(form, value)

    def _of_several(self, hint: Any, values: tuple[Any, ...]) -> Iterator[Change]:
        if hint == Weekday and not values:
            return  # every day, as what is not said of other times
        words = _words(hint) or (tuple(self._types) if values and set(values) <= set(self._types) else ())
        for word in words:
            yield Change(_toggled(values, word), f"with or without {word}")
        for index, value in enumerate(() if words else values):
            before, after = values[:index], values[index + 1 :]
            yield Change((*before, *after), f"without {value}")
            for change in self.changes(hint, value):
                yield Change((*before, change.value, *after), f"[{index}] {change.description}", change.path)

    def _of_attributes(self, chosen: Mapping[str, tuple[str, ...]]) -> Iterator[Change]:
        for name, values in chosen.items():
            yield Change({other: chosen[other] for other in chosen if other != name}, f"without {name}")
            known = {
                word
                for kind in self._types.values()
                if name in kind.attributes
                for word in kind.attributes[name].values
            }
            for word in sorted(known):
                if toggled := _toggled(values, word):
                    yield Change({**chosen, name: toggled}, f"{name} with or without {word}")


def _a_minute_away(clock: str) -> tuple[str, ...]:
    """Return the times a minute before and after; midnight is an end of the day."""
    minutes = int(clock[:2]) * 60 + int(clock[3:])
    return tuple(f"{at // 60:02}:{at % 60:02}" for at in (minutes - 1, minutes + 1) if 0 <= at < 24 * 60)


def _words(hint: object) -> tuple[str, ...]:
    # Compared, not looked up: not every type can be a key.
    return next((words for known, words in _VOCABULARIES if known == hint), ())


def _toggled(values: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(value for value in values if value != word) if word in values else (*values, word)


# What lies next to a plain value.
_NEIGHBOURS: Mapping[Any, Callable[[Any], tuple[Any, ...]]] = {
    bool: lambda value: (not value,),
    int: lambda value: (value - 1, value + 1),
    # Observations are of months: a code's days are told apart by them.
    date: lambda value: (value - _ONE_MONTH, value + _ONE_MONTH),
    str: lambda value: (f"{value}9",),
}
