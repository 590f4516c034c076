"""The catalogue in force: what ships with the service, and the own definitions in their latest versions."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.catalogue.annexes import SlicedAnnex
from shared.catalogue.loader import validated
from shared.catalogue.municipal_definitions import MODELS, DefinitionKind, MunicipalDefinition, faults_in, with_own
from shared.facts.definition_owners import OWNER, owner_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue

# Every version of a definition stays, so that their number rises with each change, at the moment when the change is
# seen. What agreements add changes with the area hierarchy's version; whose version it is tells it from one that was
# counted in a transaction that was rolled back.
_VERSIONS = text(
    """SELECT (SELECT count(*) FROM municipal_definition) AS definitions, hierarchy.version, hierarchy.xmin::text AS by
       FROM (VALUES (true)) AS one(is_only) LEFT JOIN area_hierarchy AS hierarchy USING (is_only)"""
)
# Activity types come before indicators, which build on them.
LATEST_DEFINITIONS = text(
    f"""SELECT DISTINCT ON (definition.kind, definition.code) definition.kind, definition.code, definition.version,
              definition.document, {OWNER} AS owner
       FROM municipal_definition AS definition
       ORDER BY definition.kind, definition.code, definition.version DESC"""
)
# The annexes that have slices of their own: those that are not called by their theme, and those that a list or a target
# names a slice of. Of several agreements' with the same code, the first agreement's title is its name.
SLICED_ANNEXES = text(
    """SELECT * FROM (
           SELECT annex.code, annex.theme, annex.indicators IS NOT NULL AS has_list, ARRAY(
                      SELECT split_part(one, '/', 1) FROM unnest(annex.indicators) AS one
                      WHERE split_part(one, '/', 2) = annex.code
                      UNION
                      SELECT indicator_code FROM target
                      WHERE target.agreement_id = annex.agreement_id AND slice = annex.code
                      ORDER BY 1) AS indicators,
                  annex.title, coalesce(annex.title_en, annex.title) AS title_en
           FROM annex JOIN agreement USING (agreement_id) ORDER BY agreement.code, annex.number) AS sliced
       WHERE code <> theme OR indicators <> '{}'"""
)

_LEFT_OUT = "%s %s of %s does not go with this release and is left out: %s"

log = logging.getLogger(__name__)


class CatalogueInForce:
    """Holds the catalogue, and reads own definitions again only when something has changed."""

    def __init__(self, shipped: Catalogue) -> None:
        self._shipped = shipped
        self._versions: Row[Any] | None = None
        self._own: Sequence[Row[Any]] = []
        self._without_annexes = shipped
        # As it was last read. What it has is in force; what it lacks may have come since.
        self.latest = shipped

    async def current(self, connection: AsyncConnection) -> Catalogue:
        """Return the catalogue as the connection sees it: the same object for as long as nothing has changed.

        Who records or computes by it shares the structure first: then it stays so until the transaction ends. It is
        not to be asked for after a definition has been put in the same transaction, which may yet be rolled back.
        """
        versions = (await connection.execute(_VERSIONS)).one()
        if versions == self._versions:
            return self.latest
        # What may build on what follows from where the owners lie, too.
        own = (await connection.execute(LATEST_DEFINITIONS)).all() if versions.definitions else []
        annexes = sliced_annexes(await connection.execute(SLICED_ANNEXES))
        # Only now, since others have read meanwhile: what is remembered belongs together.
        catalogue = self._without_annexes if own == self._own else catalogue_with(self._shipped, own)
        if catalogue is not self._without_annexes or annexes != self.latest.annexes:
            self.latest = replace(catalogue, annexes=annexes) if annexes else catalogue
        self._versions, self._own, self._without_annexes = versions, own, catalogue
        return self.latest


def sliced_annexes(rows: Iterable[Row[Any]]) -> tuple[SlicedAnnex, ...]:
    """Return the annexes that have slices of their own, each once."""
    found = (
        SlicedAnnex(row.code, row.theme, row.has_list, tuple(row.indicators), row.title, row.title_en) for row in rows
    )
    return tuple(dict.fromkeys(found))


def catalogue_with(shipped: Catalogue, rows: Iterable[Row[Any]]) -> Catalogue:
    """Add rows of own definitions to what ships; one that does not go with this release is left out, and logged."""
    read = [own for row in rows if (own := _read(row, shipped)) is not None]
    catalogue = with_own(shipped, read)
    sound = [own for own in read if not _is_faulty(own, catalogue)]
    return catalogue if len(sound) == len(read) else with_own(shipped, sound)


def _read(row: Row[Any], shipped: Catalogue) -> MunicipalDefinition | None:
    types_and_indicators = (shipped.activity_types, shipped.indicators)
    taken = (shipped.roles,) if row.kind == DefinitionKind.ROLE else types_and_indicators
    owner = owner_from(row.owner)
    if any(row.code in definitions for definitions in taken):
        log.error(_LEFT_OUT, row.kind, row.code, owner, "a definition that ships has its code")
        return None
    found = validated(MODELS[DefinitionKind(row.kind)], {**row.document, "version": row.version})
    if isinstance(found, list):
        log.error(_LEFT_OUT, row.kind, row.code, owner, found)
        return None
    return MunicipalDefinition(owner, found)


def _is_faulty(own: MunicipalDefinition, catalogue: Catalogue) -> bool:
    faults = list(faults_in(own, catalogue))
    if faults:
        log.error(_LEFT_OUT, own.kind, own.content.code, own.owner, faults)
    return bool(faults)
