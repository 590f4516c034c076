"""The catalogue in force: what ships with the service, and what municipalities have added, in its latest versions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.catalogue.loader import validated
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind, MunicipalDefinition, faults_in, with_own

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

# Every version stays, so that their number rises with each change, at the moment when the change is seen.
_VERSIONS = text("SELECT count(*) FROM municipal_definition")
# Activity types come before indicators, which build on them.
LATEST_DEFINITIONS = text(
    """SELECT DISTINCT ON (definition.kind, definition.code) definition.kind, definition.code, definition.version,
              definition.document, area.code AS owner
       FROM municipal_definition AS definition JOIN area ON area_id = defining_municipality_id
       ORDER BY definition.kind, definition.code, definition.version DESC"""
)

_LEFT_OUT = "%s %s of %s does not go with this release and is left out: %s"

log = logging.getLogger(__name__)


class CatalogueInForce:
    """Holds the catalogue, and reads what municipalities have added again only when that has changed."""

    def __init__(self, shipped: Catalogue) -> None:
        self._shipped = shipped
        self._versions = 0
        # As it was last read. What it has is in force; what it lacks may have come since.
        self.latest = shipped

    async def current(self, connection: AsyncConnection) -> Catalogue:
        """Return the catalogue as the connection sees it: the same object for as long as nothing has changed.

        Who records or computes by it shares the structure first: then it stays so until the transaction ends. It is
        not to be asked for after a definition has been put in the same transaction, which may yet be rolled back.
        """
        versions: int = (await connection.execute(_VERSIONS)).scalar_one()
        if versions == self._versions:
            return self.latest
        catalogue = catalogue_with(self._shipped, await connection.execute(LATEST_DEFINITIONS))
        self._versions, self.latest = versions, catalogue
        return catalogue


def catalogue_with(shipped: Catalogue, rows: Iterable[Row[Any]]) -> Catalogue:
    """Add rows of own definitions to what ships; one that does not go with this release is left out, and logged."""
    read = [own for row in rows if (own := _read(row, shipped)) is not None]
    catalogue = with_own(shipped, read)
    sound = [own for own in read if not _is_faulty(own, catalogue)]
    return catalogue if len(sound) == len(read) else with_own(shipped, sound)


def _read(row: Row[Any], shipped: Catalogue) -> MunicipalDefinition | None:
    types_and_indicators = (shipped.activity_types, shipped.indicators)
    taken = (shipped.roles,) if row.kind == DefinitionKind.ROLE else types_and_indicators
    if any(row.code in definitions for definitions in taken):
        log.error(_LEFT_OUT, row.kind, row.code, row.owner, "a definition that ships has its code")
        return None
    found = validated(MODELS[DefinitionKind(row.kind)], {**row.document, "version": row.version})
    if isinstance(found, list):
        log.error(_LEFT_OUT, row.kind, row.code, row.owner, found)
        return None
    return MunicipalDefinition(row.owner, found)


def _is_faulty(own: MunicipalDefinition, catalogue: Catalogue) -> bool:
    faults = list(faults_in(own, catalogue))
    if faults:
        log.error(_LEFT_OUT, own.kind, own.content.code, own.owner, faults)
    return bool(faults)
