"""What has been added to the catalogue, by municipalities and others: what each may build on, and all with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.catalogue.rules import faults_of_indicator, faults_of_type
from shared.domain.activity_type import ActivityType, Definition
from shared.domain.role import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.catalogue.indicator import IndicatorSelection
    from shared.catalogue.rules import Finding, Path
    from shared.domain.owner import Owner


class DefinitionKind(StrEnum):
    """What a definition defines."""

    ACTIVITY_TYPE = "activityType"
    INDICATOR = "indicator"
    ROLE = "role"

    @property
    def address(self) -> str:
        """Where such definitions are put and shown."""
        return _ADDRESSES[self]


_ADDRESSES: Mapping[str, str] = {"activityType": "/activity-types", "indicator": "/indicators", "role": "/roles"}

D = TypeVar("D", bound=Definition)
# What a definition says.
Content = ActivityType | IndicatorDefinition | Role


MODELS: Mapping[DefinitionKind, type[Content]] = {
    DefinitionKind.ACTIVITY_TYPE: ActivityType,
    DefinitionKind.INDICATOR: IndicatorDefinition,
    DefinitionKind.ROLE: Role,
}


@dataclass(frozen=True, slots=True)
class MunicipalDefinition:
    """An activity type, an indicator or a role, and whose own it is."""

    owner: Owner
    content: Content

    @property
    def kind(self) -> DefinitionKind:
        """What it defines."""
        return next(kind for kind, model in MODELS.items() if isinstance(self.content, model))

    @property
    def document(self) -> dict[str, Any]:
        """What it says, as it is kept: without its version, and without what goes without saying."""
        return self.content.model_dump(mode="json", by_alias=True, exclude={"version"}, exclude_defaults=True)


def with_own(catalogue: Catalogue, added: Iterable[MunicipalDefinition]) -> Catalogue:
    """Return the catalogue with definitions added, each in the place of its earlier version."""
    types, written, roles = dict(catalogue.activity_types), dict(catalogue.written), dict(catalogue.roles)
    type_owners, owners, role_owners = dict(catalogue.type_owners), dict(catalogue.owners), dict(catalogue.role_owners)
    for own in added:
        code = own.content.code
        if isinstance(own.content, Role):
            roles[code], role_owners[code] = own.content, own.owner
        elif isinstance(own.content, ActivityType):
            base = catalogue.activity_types.get(own.content.extends or "")
            types[code] = own.content.added_to(base) if base is not None else own.content
            type_owners[code] = own.owner
        else:
            written[code], owners[code] = own.content, own.owner
    return Catalogue(types, written, owners, catalogue.annexes, roles, role_owners, type_owners)


def faults_in(own: MunicipalDefinition, catalogue: Catalogue) -> Iterator[Finding]:
    """Yield what is wrong with a definition whose form is sound, in the catalogue that already has it.

    It may build on what ships and on what is in force wherever it is itself.
    """
    if isinstance(own.content, ActivityType):
        found = [*_faults_of_extension(own.content, catalogue)]
        # What follows from a base that is none says nothing more.
        yield from found or faults_of_type(catalogue.activity_types[own.content.code], catalogue.activity_types)
    elif isinstance(own.content, IndicatorDefinition):
        types = _in_force_for(own.owner, catalogue.activity_types, catalogue.type_owners)
        roles = _in_force_for(own.owner, catalogue.roles, catalogue.role_owners)
        definition = catalogue.spelled_out[own.content.code]
        yield from _slices_of_annexes(own.content)
        yield from faults_of_indicator(definition, types, catalogue.measures, types, roles)


def _in_force_for(owner: Owner, definitions: Mapping[str, D], owners: Mapping[str, Owner]) -> dict[str, D]:
    """Return what ships, and what is in force wherever the owner's definitions are."""
    return {code: one for code, one in definitions.items() if code not in owners or owners[code].covers(owner)}


def _slices_of_annexes(written: IndicatorDefinition) -> Iterator[Finding]:
    selections: list[tuple[Path, IndicatorSelection]] = [(("selects",), written.selects)]
    selections += [(("slices", code), part) for code, part in written.slices_by_code.items()]
    for path, selection in selections:
        if selection.annex_code is not None:
            yield (*path, "annexCode"), "such slices come with agreements"


def _faults_of_extension(own: ActivityType, catalogue: Catalogue) -> Iterator[Finding]:
    if own.extends is None:
        return
    base = catalogue.activity_types.get(own.extends)
    if base is None or own.extends in catalogue.type_owners:
        yield ("extends",), f"no type that ships has the code '{own.extends}'"
        return
    for key, is_said in (("countsBy", own.counts_by != "start"), ("placeKinds", own.place_kinds)):
        if is_said:
            yield (key,), f"is that of {own.extends}"
    for name, attribute in own.attributes.items():
        same = base.attributes.get(name)
        if same is not None and not same.kind == attribute.kind == "choice":
            yield ("attributes", name), f"{own.extends} has it: only values can be added to it, where it is a choice"
        for value in attribute.values:
            if same is not None and value in same.values:
                yield ("attributes", name, "values", value), f"{own.extends} has this value"
