"""Reads the catalogue from its YAML files and reports every fault in it at once, each with file and line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.rules import faults_between
from shared.domain.activity_type import ActivityType, Definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

D = TypeVar("D", bound=Definition)
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend in the catalogue."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class BrokenCatalogue(Exception):
    """The catalogue cannot be used; `faults` lists all that must be mended."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(["the catalogue has faults:", *map(str, self.faults)]))


@dataclass(frozen=True)
class Catalogue:
    """All definitions, by code."""

    activity_types: Mapping[str, ActivityType]
    indicators: Mapping[str, IndicatorDefinition]

    def deadlines(self, activity_type: str) -> tuple[int, ...]:
        """Return the time limits, in working days after the report, that a case of this type can run into."""
        limits = {
            definition.deadline.working_days
            for definition in self.indicators.values()
            if definition.deadline and definition.reads(activity_type)
        }
        return tuple(sorted(limits))


@cache
def shipped_catalogue() -> Catalogue:
    """Load the catalogue that ships with the project."""
    return load(resources.files("shared.catalogue"))


def load(folder: Traversable) -> Catalogue:
    """Load `activity_types/*.yaml` and `indicators/*.yaml` under `folder`.

    Raises:
        BrokenCatalogue: with every fault of every file.

    """
    faults: list[Fault] = []
    types = dict(_read_all(folder / "activity_types", ActivityType, faults))
    by_type = {read.model.code: read.model for read in types.values()}
    indicators = dict(_read_all(folder / "indicators", IndicatorDefinition, faults))
    definitions = {name: _resolved(read.model, by_type) for name, read in indicators.items()}
    named = {file.name.removesuffix(".yaml") for file in (folder / "activity_types").iterdir()}
    for name, path, text in faults_between(by_type, named, definitions.items()):
        faults.append(Fault(name, indicators[name].line(path), text))
    if faults:
        raise BrokenCatalogue(faults)
    return Catalogue(by_type, {definition.code: definition for definition in definitions.values()})


def _resolved(definition: IndicatorDefinition, types: Mapping[str, ActivityType]) -> IndicatorDefinition:
    """Spell out what "all" activity types are."""
    if definition.activity_types != "all":
        return definition
    read = tuple(code for code, kind in types.items() if kind.participant_groups or definition.kind != "sum")
    return definition.model_copy(update={"activity_types": read})


@dataclass(frozen=True)
class _Read(Generic[D]):
    """A definition and the line that each of its keys stands on."""

    model: D
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        return _nearest(self.lines, path)


def _read_all(folder: Traversable, model: type[D], faults: list[Fault]) -> Iterator[tuple[str, _Read[D]]]:
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            name = f"{folder.name}/{file.name}"
            read = _read(file, name, model, faults)
            if read is not None:
                yield name, read


def _read(file: Traversable, name: str, model: type[D], faults: list[Fault]) -> _Read[D] | None:
    """Read one file; its faults are added to `faults`."""
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.append(Fault(name, line, f"is not YAML: {error.problem}"))
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        faults.append(Fault(name, 1, f"is not YAML in UTF-8: {error}"))
        return None
    lines: dict[Path, int] = {(): 1}
    before = len(faults)
    data = _plain(node, (), lines, name, faults)
    try:
        definition = model.model_validate(data)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"]) or "the file"
            faults.append(Fault(name, _nearest(lines, fault["loc"]), f"{where}: {fault['msg']}"))
        return None
    code = getattr(definition, "code", "")
    if f"{code}.yaml" != file.name:
        faults.append(Fault(name, _nearest(lines, ("code",)), f"code '{code}' must be the file's name"))
    return _Read(definition, lines) if len(faults) == before else None


def _plain(node: yaml.Node | None, path: Path, lines: dict[Path, int], name: str, faults: list[Fault]) -> Any:  # noqa: ANN401  YAML is untyped until validated
    """Turn a node into plain data, noting the line of every key."""
    if isinstance(node, yaml.MappingNode):
        counts = Counter(key.value for key, _ in node.value)
        for key, _ in node.value:
            if counts[key.value] > 1 and (*path, key.value) in lines:
                faults.append(Fault(name, key.start_mark.line + 1, f"'{key.value}' stands twice"))
            lines[*path, key.value] = key.start_mark.line + 1
        return {key.value: _plain(value, (*path, key.value), lines, name, faults) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*path, index] = item.start_mark.line + 1
        return [_plain(item, (*path, index), lines, name, faults) for index, item in enumerate(node.value)]
    return yaml.SafeLoader("").construct_object(node) if node else None


def _nearest(lines: dict[Path, int], path: Path) -> int:
    """Return the line of the path, or of the nearest key above it that the file has."""
    while path not in lines:
        path = path[:-1]
    return lines[path]
