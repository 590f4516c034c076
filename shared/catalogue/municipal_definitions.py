"""What municipalities have added to the catalogue: what each may build on, and the catalogue with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.catalogue.rules import faults_of_indicator, faults_of_type
from shared.domain.activity_type import ActivityType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.catalogue.indicator import Selection
    from shared.catalogue.rules import Finding, Path


class DefinitionKind(StrEnum):
    """What a definition defines."""

    ACTIVITY_TYPE = "activityType"
    INDICATOR = "indicator"


MODELS: Mapping[DefinitionKind, type[ActivityType | IndicatorDefinition]] = {
    DefinitionKind.ACTIVITY_TYPE: ActivityType,
    DefinitionKind.INDICATOR: IndicatorDefinition,
}


@dataclass(frozen=True, slots=True)
class MunicipalDefinition:
    """An activity type or an indicator, and the code of the municipality whose own it is."""

    owner: str
    content: ActivityType | IndicatorDefinition

    @property
    def kind(self) -> DefinitionKind:
        """What it defines."""
        is_type = isinstance(self.content, ActivityType)
        return DefinitionKind.ACTIVITY_TYPE if is_type else DefinitionKind.INDICATOR

    @property
    def document(self) -> dict[str, Any]:
        """What it says, as it is kept: without its version, and without what goes without saying."""
        return self.content.model_dump(mode="json", by_alias=True, exclude={"version"}, exclude_defaults=True)


def with_own(catalogue: Catalogue, added: Iterable[MunicipalDefinition]) -> Catalogue:
    """Return the catalogue with definitions added, each in the place of its earlier version."""
    types, written, owners = dict(catalogue.activity_types), dict(catalogue.written), dict(catalogue.owners)
    for own in added:
        owners[own.content.code] = own.owner
        if isinstance(own.content, ActivityType):
            types[own.content.code] = own.content
        else:
            written[own.content.code] = own.content
    return Catalogue(types, written, owners, catalogue.annexes)


def faults_in(own: MunicipalDefinition, catalogue: Catalogue) -> Iterator[Finding]:
    """Yield what is wrong with a definition whose form is sound, in the catalogue that already has it.

    It may build on what ships and on what its own municipality has added.
    """
    if isinstance(own.content, ActivityType):
        yield from faults_of_type(own.content, catalogue.activity_types)
    else:
        known = catalogue.activity_types.items()
        types = {code: one for code, one in known if catalogue.owners.get(code, own.owner) == own.owner}
        definition = catalogue.spelled_out[own.content.code]
        yield from _slices_of_annexes(own.content)
        yield from faults_of_indicator(definition, types, catalogue.measures, types)


def _slices_of_annexes(written: IndicatorDefinition) -> Iterator[Finding]:
    selections: list[tuple[Path, Selection]] = [(("selects",), written.selects)]
    selections += [(("slices", code), part) for code, part in written.slices_by_code.items()]
    for path, selection in selections:
        if selection.annex_code is not None:
            yield (*path, "annexCode"), "such slices come with agreements"
