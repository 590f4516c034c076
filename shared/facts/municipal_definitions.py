"""The only writer of municipalities' own definitions: activity types, indicators and roles, ruled like those that ship.

Every version is stored, and the highest is in force. A new one marks all figures of its municipality.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from shared.facts.marks import mark_writing_area
from shared.facts.series import put_municipal_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.facts.catalogue_in_force import CatalogueInForce


@dataclass(frozen=True, slots=True)
class Upload:
    """What a municipality sent, as far as its form is sound, and what is wrong with its form."""

    kind: DefinitionKind
    code: str
    owner: str | None
    content: Content | None
    faults: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """The catalogue with a definition that was put, and whether its code is new."""

    catalogue: Catalogue
    created: bool


async def put_municipal_definition(
    connection: AsyncConnection, in_force: CatalogueInForce, upload: Upload, today: date
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
    stored = list(await connection.execute(_STORED, {"code": upload.code}))
    _refuse_taken(upload, catalogue, stored)
    is_municipality = (await connection.execute(_IS_MUNICIPALITY, {"code": upload.owner})).scalar_one()
    before = next((row for row in stored if row.kind == upload.kind), None)
    own = _admitted(upload, catalogue, before.version + 1 if before else 1, owned=is_municipality)
    if before is not None and before.document == own.document:
        return Put(catalogue, created=False)
    after = with_own(catalogue, [own])
    await _refuse_loss(connection, own, after)
    row = {"kind": own.kind, "code": upload.code, "version": own.content.version, "owner": own.owner}
    added = await connection.execute(_ADD, row | {"document": json.dumps(own.document)})
    await mark_writing_area(connection, added.scalar_one())
    for code, definition in after.indicators.items():
        # A new type is also read by those of all types; a changed one by those that expect it at its kinds of places.
        if definition != catalogue.indicators.get(code) or upload.code in definition.activity_types:
            await put_municipal_series(connection, after, code, today)
    return Put(after, created=before is None)


def _refuse_taken(upload: Upload, catalogue: Catalogue, stored: Iterable[Row[Any]]) -> None:
    is_role = upload.kind == DefinitionKind.ROLE
    known = [catalogue.roles] if is_role else [catalogue.indicators, catalogue.activity_types]
    owners = catalogue.role_owners if is_role else catalogue.owners
    if upload.code not in owners and any(upload.code in definitions for definitions in known):
        raise DefinitionTaken(
            "A definition that ships with the service has this code.",
            [Violation("code", "belongs to a definition that ships", "Choose another code.")],
        )
    if any(row.owner != upload.owner for row in stored if upload.owner is not None):
        raise DefinitionTaken(
            "Another municipality's definition has this code, and the municipality of a definition never changes.",
            [Violation("area", "is not the municipality that added this code", "Choose another code.")],
        )


def _admitted(upload: Upload, catalogue: Catalogue, version: int, *, owned: bool) -> MunicipalDefinition:
    """Return what was sent as a definition of the version.

    Raises:
        InvalidDefinition: with everything that is wrong.

    """
    violations = list(upload.faults)
    if upload.owner is not None and not owned:
        violations.append(Violation("area", "is not a municipality's code", "Take one from /areas?kind=municipality."))
    if upload.owner is not None and upload.content is not None:
        own = MunicipalDefinition(upload.owner, upload.content.model_copy(update={"version": version}))
        violations += _violations(own, catalogue)
        if not violations:
            return own
    raise InvalidDefinition("The definition contradicts itself, or what it builds on.", violations)


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
            if after.owners.get(code) == own.owner
            for path, fault in faults_in(MunicipalDefinition(own.owner, definition), after)
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
    """SELECT DISTINCT ON (definition.kind) definition.kind, definition.version,
              definition.document, area.code AS owner
       FROM municipal_definition AS definition JOIN area ON area_id = defining_municipality_id
       WHERE definition.code = :code ORDER BY definition.kind, definition.version DESC"""
)
_IS_MUNICIPALITY = text("SELECT EXISTS (SELECT FROM area WHERE code = :code AND kind = 'municipality')")
_ADD = text(
    """INSERT INTO municipal_definition (kind, code, version, defining_municipality_id, document)
       SELECT :kind, :code, :version, area_id, CAST(:document AS jsonb) FROM area WHERE code = :owner
       RETURNING defining_municipality_id"""
)
_TARGETS_LOST = text(
    """SELECT DISTINCT slice FROM target
       WHERE indicator_code = :code AND slice <> ALL(CAST(:slices AS text[])) ORDER BY 1"""
)
