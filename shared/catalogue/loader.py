"""Reads the catalogue from its YAML files and reports every fault in it at once, each with file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from shared.catalogue.annexes import SlicedAnnex, slices_of_annexes
from shared.catalogue.cells import SeriesGroup, series_groups
from shared.catalogue.indicator import THEMES, IndicatorDefinition, Slice
from shared.catalogue.rules import faults_of_indicator, faults_of_type
from shared.catalogue.yaml_lines import UnreadableYaml, YamlDocument, read_yaml
from shared.domain.activity_type import ActivityType, Definition
from shared.domain.role import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from pydantic_core import ErrorDetails

    from shared.catalogue.rules import Finding, Path
    from shared.catalogue.times import TimeLimit
    from shared.domain.owner import Owner

D = TypeVar("D", bound=Definition)


@dataclass(frozen=True, slots=True, order=True)
class DefinitionFault:
    """One thing to mend in the catalogue."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class BrokenCatalogue(Exception):
    """The catalogue cannot be used; `faults` lists all that must be mended."""

    def __init__(self, faults: list[DefinitionFault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(["the catalogue has faults:", *map(str, self.faults)]))


@dataclass(frozen=True)
class Catalogue:
    """All definitions, by code; the indicators as they are written."""

    activity_types: Mapping[str, ActivityType]
    written: Mapping[str, IndicatorDefinition]
    # Whose own an indicator is, code by code; what ships with the project is no one's.
    owners: Mapping[str, Owner] = field(default_factory=dict)
    # Annexes that have slices of their own.
    annexes: tuple[SlicedAnnex, ...] = ()
    # The roles of areas, and whose own they are.
    roles: Mapping[str, Role] = field(default_factory=dict)
    role_owners: Mapping[str, Owner] = field(default_factory=dict)
    type_owners: Mapping[str, Owner] = field(default_factory=dict)

    @cached_property
    def indicators(self) -> Mapping[str, IndicatorDefinition]:
        """The indicators as they are computed: spelled out, and with the threshold of their measure."""
        return {code: self._with_threshold(definition) for code, definition in self.spelled_out.items()}

    @cached_property
    def spelled_out(self) -> Mapping[str, IndicatorDefinition]:
        """The indicators, with what "all" activity types and the slices of every "annex" are spelled out."""
        return {code: self._spelled_out(definition) for code, definition in self.written.items()}

    @cached_property
    def series(self) -> Mapping[tuple[str, str], IndicatorDefinition]:
        """What is computed: the definition of each indicator and slice, of an indicator `all` first."""
        return {
            (code, part): definition.sliced(part)
            for code, definition in self.indicators.items()
            for part in ("all", *definition.slices)
        }

    @cached_property
    def series_groups(self) -> tuple[SeriesGroup, ...]:
        """The series that have cells, those together that one statement computes."""
        return series_groups(self.series, self.owners)

    @cached_property
    def measures(self) -> Mapping[str, tuple[IndicatorDefinition, ...]]:
        """The indicators that each measure's observations are read by."""
        found: dict[str, tuple[IndicatorDefinition, ...]] = {}
        for definition in self.spelled_out.values():
            if definition.observes is not None:
                measure = definition.observes.measure
                found[measure] = (*found.get(measure, ()), definition)
        return found

    @cached_property
    def kinds_of_attributes(self) -> Mapping[str, str]:
        """The kind of each attribute, by its name: lists of items and hours are so in whichever type they are."""
        return {
            name: attribute.kind
            for activity_type in self.activity_types.values()
            for name, attribute in activity_type.attributes.items()
        }

    def roles_in(self, around: Collection[str]) -> Mapping[str, Role]:
        """Return the roles that an area may have, by the codes of itself and of the areas around it."""
        return {
            code: role
            for code, role in self.roles.items()
            if code not in self.role_owners or self.role_owners[code].has(around)
        }

    @cached_property
    def deadlines(self) -> Mapping[str, tuple[TimeLimit, ...]]:
        """The time limits after the report that a case of each activity type can run into."""
        limited = [(definition, definition.deadline) for definition in self.indicators.values() if definition.deadline]
        return {
            code: tuple(dict.fromkeys(deadline.limit for definition, deadline in limited if definition.reads(code)))
            for code in self.activity_types
        }

    def threshold_of(self, measure: str, owner: Owner | None) -> int | None:
        """Return below which number of persons a measure's figures are suppressed; None if they are not.

        Of a measure that ships with a threshold, everyone's figures; of any other, those of an owner where an own
        indicator says so: one of any of the same areas, or of those of another one that is, and so on. What one of
        these shows would else give away what another one hides.
        """
        thresholds: dict[Owner | None, int] = {}
        for definition in self.measures.get(measure, ()):
            whose = self.owners.get(definition.code)
            thresholds[whose] = max(definition.suppress_below or 0, thresholds.get(whose, 0))
        if thresholds.get(None):
            return thresholds[None]
        others, linked = {one for one in thresholds if one is not None}, [owner] if owner else []
        for one in linked:  # it grows on the way
            linked += (overlapping := {other for other in others if one.overlaps(other)})
            others -= overlapping
        return max((thresholds.get(one, 0) for one in linked), default=0) or None

    def _with_threshold(self, definition: IndicatorDefinition) -> IndicatorDefinition:
        if definition.observes is None:
            return definition
        threshold = self.threshold_of(definition.observes.measure, self.owners.get(definition.code))
        if threshold == definition.suppress_below:
            return definition
        return definition.model_copy(update={"suppress_below": threshold})

    def _spelled_out(self, definition: IndicatorDefinition) -> IndicatorDefinition:
        spelled: dict[str, Any] = {}
        if definition.activity_types == "all":
            spelled["activity_types"] = self._every_type(definition)
        elif added := self._added_to(definition):
            spelled["activity_types"] = (*definition.activity_types, *added)
        if definition.slices == "annex":
            spelled["slices"] = {theme: Slice(annex=theme) for theme in THEMES}
        written = spelled.get("slices", definition.slices)
        if own := slices_of_annexes(definition.code, written, self.annexes):
            spelled["slices"] = {**written, **own}
        copy = definition.model_copy(update=spelled) if spelled else definition
        cases = tuple(code for code in copy.activity_types if self._is_of_cases(code))
        return copy.reading(cases) if cases else copy

    def _is_of_cases(self, code: str) -> bool:
        known = self.activity_types.get(code)
        return known is not None and known.counts_by == "startElseCompleted" and "reported" in known.moments

    def _added_to(self, definition: IndicatorDefinition) -> list[str]:
        """Return the types that municipalities have added to those which an indicator reads."""
        owner = self.owners.get(definition.code)
        return [
            code
            for code, kind in self.activity_types.items()
            if kind.extends in definition.activity_types
            and code not in definition.activity_types
            and (owner is None or _meets(self.type_owners.get(code), owner))
        ]

    def _every_type(self, definition: IndicatorDefinition) -> tuple[str, ...]:
        """Return the types that an indicator of all types reads: an own one reads no type of elsewhere."""
        owner = self.owners.get(definition.code)
        return tuple(
            code
            for code, kind in self.activity_types.items()
            if (kind.participant_groups or definition.kind != "sum")
            and (owner is None or code not in self.type_owners or _meets(self.type_owners[code], owner))
        )


def _meets(own: Owner | None, owner: Owner) -> bool:
    return own is not None and own.meets(owner)


@cache
def shipped_catalogue() -> Catalogue:
    """Load the catalogue that ships with the project."""
    return load(resources.files("shared.catalogue"))


def load(folder: Traversable) -> Catalogue:
    """Load `activity_types/*.yaml`, `indicators/*.yaml` and `roles/*.yaml` under `folder`.

    Raises:
        BrokenCatalogue: with every fault of every file.

    """
    faults: list[DefinitionFault] = []
    types = dict(_read_all(folder / "activity_types", ActivityType, faults))
    indicators = dict(_read_all(folder / "indicators", IndicatorDefinition, faults))
    catalogue = Catalogue(
        {read.model.code: read.model for read in types.values()},
        {read.model.code: read.model for read in indicators.values()},
        roles={read.model.code: read.model for _, read in _read_all(folder / "roles", Role, faults)},
    )
    named = {file.name.removesuffix(".yaml") for file in (folder / "activity_types").iterdir()}
    faults += [
        DefinitionFault(name, read.line(path), text)
        for name, read in types.items()
        for path, text in faults_of_type(read.model, catalogue.activity_types)
    ]
    for name, written in indicators.items():
        definition = catalogue.spelled_out[written.model.code]
        found = faults_of_indicator(definition, catalogue.activity_types, catalogue.measures, named, catalogue.roles)
        faults += [DefinitionFault(name, written.line(path), text) for path, text in found]
    if faults:
        raise BrokenCatalogue(faults)
    return catalogue


def validated(model: type[D], document: object) -> D | list[Finding]:
    """Return a document as a definition, or everything that keeps it from being one."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        return [(_keys(fault["loc"]), fault["msg"]) for fault in error.errors() if not _is_other_form(fault)]


def _keys(path: Path) -> Path:
    """Return the path as the document has it: without the forms that pydantic tried for a value of several."""
    return tuple(part for part in path if isinstance(part, int) or not _FORM.match(part))


def _is_other_form(fault: ErrorDetails) -> bool:
    """Tell whether a fault says only that the value is not of the one of its forms that it does not try to be."""
    *_, last = fault["loc"] or ("",)
    if isinstance(last, int) or not _FORM.match(last):
        return False
    return last.startswith("literal[") != isinstance(fault["input"], str)


# The name that pydantic gives a form, such as literal['all'] or tuple[str, ...]; no key of ours has a bracket.
_FORM = re.compile(r"[a-z-]+\[[^\]]")


@dataclass(frozen=True)
class _Read(Generic[D]):
    """A definition, and the document that it was read from."""

    model: D
    document: YamlDocument

    def line(self, path: Path) -> int:
        return self.document.line(path)


def _read_all(folder: Traversable, model: type[D], faults: list[DefinitionFault]) -> Iterator[tuple[str, _Read[D]]]:
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            name = f"{folder.name}/{file.name}"
            read = _read(file, name, model, faults)
            if read is not None:
                yield name, read


def _read(file: Traversable, name: str, model: type[D], faults: list[DefinitionFault]) -> _Read[D] | None:
    """Read one file; its faults are added to `faults`."""
    try:
        document = read_yaml(file.read_bytes())
    except UnreadableYaml as error:
        faults.append(DefinitionFault(name, error.line, str(error)))
        return None
    found = [DefinitionFault(name, line, text) for line, text in document.faults]
    definition = validated(model, document.content)
    if isinstance(definition, list):
        for path, text in definition:
            where = ".".join(map(str, path)) or "the file"
            found.append(DefinitionFault(name, document.line(path), f"{where}: {text}"))
    elif f"{getattr(definition, 'code', '')}.yaml" != file.name:
        text = f"code '{getattr(definition, 'code', '')}' must be the file's name"
        found.append(DefinitionFault(name, document.line(("code",)), text))
    faults += found
    return None if found or isinstance(definition, list) else _Read(definition, document)
