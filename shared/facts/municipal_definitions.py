"""The only writer of own definitions: activity types, indicators and roles, ruled like those that ship.

They are the own of a municipality, of several together, or of a county or police area. Every version is stored with its
areas, and the highest is in force. A new one marks all figures of these areas, which can only become more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.municipal_definitions import (
    Content,
    DefinitionKind,
    MunicipalDefinition,
    faults_in,
    with_own,
)
from shared.db.locks import change_area_hierarchy
from shared.domain.errors import DefinitionInUse, DefinitionTaken, InvalidDefinition, Violation
from shared.facts.definition_codes import StoredDefinition, refuse_taken
from shared.facts.definition_owners import KINDS, MUNICIPALITY, OWNER, find_owner
from shared.facts.marks import mark_areas
from shared.facts.reporting import refresh_reporting
from shared.facts.series import put_municipal_series

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.facts.catalogue_in_force import CatalogueInForce
    from shared.facts.definition_owners import FoundOwner


@dataclass(frozen=True, slots=True)
class SentDefinition:
    """What was sent, as far as its form is sound, and what is wrong with its form."""

    kind: DefinitionKind
    code: str
    # The codes of the areas whose own it is to be, by the fields that name them.
    areas: Mapping[str, str]
    content: Content | None
    faults: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """The catalogue with a definition that was put, and whether its code is new."""

    catalogue: Catalogue
    created: bool


async def put_municipal_definition(
    connection: AsyncConnection, in_force: CatalogueInForce, upload: SentDefinition, today: date
) -> Put:
    """Keep a definition as the first or the next version of its code; the same content changes nothing.

    It takes the structure for itself: no activity is recorded, and no mark claimed, by a catalogue that has meanwhile
    become another. Stored activities stay, also those that a new version of their type would not take; what it
    no longer has, its municipality's indicators must not read.

    Raises:
        DefinitionTaken: the code belongs to a definition that ships, or to another municipality's.
        InvalidDefinition: with everything that is wrong.
        DefinitionInUse: indicators or targets build on what would go.

    """
    await change_area_hierarchy(connection)
    catalogue = await in_force.current(connection)
    stored = [StoredDefinition.of(row) for row in await connection.execute(_STORED, {"code": upload.code})]
    found = await find_owner(connection, [*upload.areas.values()])
    _refuse_shipped(upload, catalogue)
    refuse_taken(upload, found.owner, stored)
    before = next((one for one in stored if one.kind == upload.kind), None)
    own = _admitted(upload, found, catalogue, before.version + 1 if before else 1)
    if before is not None and (before.document, before.owner.areas) == (own.document, own.owner.areas):
        return Put(catalogue, created=False)
    after = with_own(catalogue, [own])
    await _refuse_loss(connection, own, after)
    row = {"kind": own.kind, "code": upload.code, "version": own.content.version}
    await connection.execute(_ADD, row | {"document": json.dumps(own.document)})
    await connection.execute(_ADD_AREAS, row | {"area_ids": list(found.area_ids)})
    await mark_areas(connection, found.area_ids)
    for code, definition in after.indicators.items():
        # A new type is also read by those of all types; a changed one by those that expect it at its kinds of places.
        if definition != catalogue.indicators.get(code) or upload.code in definition.activity_types:
            await put_municipal_series(connection, after, code, today)
    # What a target turns on depends on the kind and the themes of its indicator.
    await refresh_reporting(connection)
    return Put(after, created=before is None)


def _refuse_shipped(upload: SentDefinition, catalogue: Catalogue) -> None:
    known: list[tuple[Collection[str], Collection[str]]] = [(catalogue.roles, catalogue.role_owners)]
    if upload.kind != DefinitionKind.ROLE:
        known = [(catalogue.written, catalogue.owners), (catalogue.activity_types, catalogue.type_owners)]
    if any(upload.code in definitions and upload.code not in owners for definitions, owners in known):
        raise DefinitionTaken(
            "A definition that ships with the service has this code.",
            [Violation("code", "belongs to a definition that ships", "Choose another code.")],
        )


def _admitted(upload: SentDefinition, found: FoundOwner, catalogue: Catalogue, version: int) -> MunicipalDefinition:
    """Return what was sent as a definition of the version.

    Raises:
        InvalidDefinition: with everything that is wrong.

    """
    violations = [*upload.faults, *_faults_of_owner(upload, found)]
    if upload.areas and upload.content is not None:
        own = MunicipalDefinition(found.owner, upload.content.model_copy(update={"version": version}))
        violations += _violations(own, catalogue)
        if not violations:
            return own
    raise InvalidDefinition("The definition contradicts itself, or what it builds on.", violations)


def _faults_of_owner(upload: SentDefinition, found: FoundOwner) -> Iterator[Violation]:
    for field, code in upload.areas.items():
        kind = found.kinds.get(code)
        if len(upload.areas) > 1 and kind != MUNICIPALITY:
            yield Violation(field, "is not a municipality's code", "Take one from /areas?kind=municipality.")
        elif kind not in KINDS:
            remedy = "Take one from /areas: of a municipality, a county or a police area."
            yield Violation(field, "is no area that can have definitions of its own", remedy)


def _violations(own: MunicipalDefinition, catalogue: Catalogue) -> Iterator[Violation]:
    for path, fault in faults_in(own, with_own(catalogue, [own])):
        yield Violation(field_of(path), fault, "Mend it here, or in the activity type that it is about.")
    if isinstance(own.content, IndicatorDefinition):
        yield from _threshold_of_its_own(own.content, catalogue)


def _threshold_of_its_own(definition: IndicatorDefinition, catalogue: Catalogue) -> Iterator[Violation]:
    """Refuse another threshold than that of a measure that ships: what one indicator hides, another would show."""
    if definition.observes is None or definition.suppress_below is None:
        return
    measure = definition.observes.measure
    threshold = catalogue.threshold_of(measure, None)
    ships = any(one.code not in catalogue.owners for one in catalogue.measures.get(measure, ()))
    if ships and definition.suppress_below != threshold:
        said = f"is suppressed below {threshold}" if threshold else "is shown in full"
        remedy = "Leave it out: the threshold belongs to the measure."
        yield Violation("suppressBelow", f"'{measure}' {said} by an indicator that ships", remedy)


def field_of(path: Iterable[str | int]) -> str:
    """Return a path of keys as a client knows it, such as `activityTypes[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


async def _refuse_loss(connection: AsyncConnection, own: MunicipalDefinition, after: Catalogue) -> None:
    """Refuse a version without what indicators select by, or targets are set for."""
    if isinstance(own.content, IndicatorDefinition):
        slices = ["all", *after.indicators[own.content.code].slices]
        rows = await connection.execute(_TARGETS_LOST, {"code": own.content.code, "slices": slices})
        losses = [Violation(f"slices.{row.slice}", "targets are set for it", "Keep it.") for row in rows]
    else:
        losses = [
            Violation(_key_of_type(path), f"the indicator {code} reads it: {fault}", "Keep it, or change that first.")
            for code, definition in after.written.items()
            if (owner := after.owners.get(code)) is not None and own.owner.meets(owner)
            for path, fault in faults_in(MunicipalDefinition(owner, definition), after)
        ]
    if losses:
        raise DefinitionInUse("What the definition would lose is in use.", losses)


def _key_of_type(path: tuple[str | int, ...]) -> str:
    """Return the key of an activity type that an indicator's fault is about."""
    if path[-1] in {"role", "expectedAt"}:
        return "takesNeed"
    if path[0] == "deadline":
        return "moments"
    return "placeKinds" if path[0] == "activityTypes" else "attributes"


_STORED = text(
    f"""SELECT DISTINCT ON (definition.kind) definition.kind, definition.version, definition.document, {OWNER} AS owner
       FROM municipal_definition AS definition
       WHERE definition.code = :code ORDER BY definition.kind, definition.version DESC"""
)
_ADD = text(
    """INSERT INTO municipal_definition (kind, code, version, document)
       VALUES (:kind, :code, :version, CAST(:document AS jsonb))"""
)
_ADD_AREAS = text(
    """INSERT INTO municipal_definition_area (kind, code, version, area_id)
       SELECT :kind, :code, :version, unnest(CAST(:area_ids AS integer[]))"""
)
_TARGETS_LOST = text(
    """SELECT DISTINCT slice FROM target
       WHERE indicator_code = :code AND slice <> ALL(CAST(:slices AS text[])) ORDER BY 1"""
)
