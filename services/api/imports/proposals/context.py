"""What a municipality has that a sheet may mean: its types of activities, places and annexes; and what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from services.api.imports.proposals.names import NameIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from shared.domain.activity_type import ActivityType

# Answers beside codes: a column says it; rows are left out; none of those that are offered.
BY_COLUMN, SKIP, OTHER = "column", "skip", "other"


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place or area where the person reports; `label` tells it from others of its name."""

    code: str
    name: str
    label: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class KnownAnnex:
    """An annex by its code, agreement/number, with the days on which it is in force and the types that it asks for."""

    code: str
    title: str
    first: date
    last: date
    types: frozenset[str]


@dataclass(frozen=True)
class Context:
    """All that a sheet is compared with."""

    types: Mapping[str, ActivityType]
    places: Sequence[KnownPlace]
    annexes: Sequence[KnownAnnex]
    today: date
    # Measures that can be uploaded, with what they are called.
    measures: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def type_names(self) -> Mapping[str, str]:
        """The types by what they are called in either language."""
        return {name: code for code, one in self.types.items() for name in (one.name.sv, one.name.en, code)}

    def place_names(self, types: Iterable[ActivityType]) -> NameIndex:
        """Return the places by what they are called: of the kinds that some types ask for, where each asks for some."""
        types = [*types]
        kinds = {kind for one in types for kind in one.place_kinds} if all(one.place_kinds for one in types) else set()
        places = [place for place in self.places if not kinds or place.kind in kinds]
        return NameIndex((called, place.code) for place in places for called in (place.name, place.label, place.code))


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be chosen: `value` where it is sure or was answered, else empty; `likely` is what it probably is."""

    key: str
    value: str
    likely: str
    options: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether somebody has to answer."""
        return not self.value


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody has answered, by the keys of choices."""

    given: Mapping[str, str] = field(default_factory=dict)

    def choose(self, key: str, likely: str, options: Sequence[str], *, is_sure: bool) -> Choice:
        """Return a choice as it was answered, if it was; else what is likely, where that is sure."""
        answer = self.given.get(key, "")
        if answer in options:
            return Choice(key, answer, answer, tuple(options))
        return Choice(key, likely if is_sure and likely in options else "", likely, tuple(options))
