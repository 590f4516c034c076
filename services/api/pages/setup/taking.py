"""Puts what a template asks for into the database, all of it or nothing.

A preview does the same and undoes it: what it says would become of the template, becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.api.pages.setup.choices import TemplateChoices
from services.api.pages.setup.fault_texts import FaultTexts
from services.api.pages.setup.proposal import proposal_of
from services.api.pages.setup.stored import listed_people, stored_of, taken_codes
from services.api.pages.setup.writing import ProposalWriter
from shared.db.locks import change_area_hierarchy, preview_area_hierarchy
from shared.domain.codes import coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.setup.filled_in import CellFault, CellPosition, FilledTemplate
    from services.api.pages.setup.inviting import NewPerson
    from services.api.pages.setup.stored import MunicipalityInSetup, Stored
    from shared.domain.wording import Language
    from shared.facts.catalogue_in_force import CatalogueInForce


@dataclass(frozen=True, slots=True)
class TemplateOutcome:
    """What has become of a template, or would: what was there before and after it, or what is wrong with it."""

    before: Stored
    after: Stored
    faults: Mapping[CellPosition, CellFault] = field(default_factory=dict)
    people: Sequence[NewPerson] = ()
    # What was there before is not what was previewed: nothing has been stored.
    has_changed: bool = False


@dataclass(slots=True)
class Taking:
    """What is asked for by somebody who administers a municipality; `seen` is the digest of what was previewed."""

    in_force: CatalogueInForce
    municipality: MunicipalityInSetup
    filled: FilledTemplate
    today: date
    language: Language
    seen: str | None = None

    async def run(self, connection: AsyncConnection) -> TemplateOutcome:
        """Store all that the template asks for, where it is just what was previewed; else undo it.

        The connection has the structure's rights, as for an agreement; the caller has seen who may do this.
        """
        if self.seen is None:
            preview_area_hierarchy(connection)
        savepoint = await connection.begin_nested()
        # Two who set a municipality up do so one after the other.
        await change_area_hierarchy(connection)
        before = await self._stored(connection)
        catalogue = await self.in_force.current(connection)
        choices = TemplateChoices(catalogue, before.around)
        beginnings = (f"{self.municipality.code}-", f"{coded(self.municipality.name)}-")
        taken = await taken_codes(connection, beginnings)
        proposal = proposal_of(self.filled, before, taken, choices, self.language)
        texts = FaultTexts(self.filled, proposal, self.language)
        makes_links = self.seen is not None
        writer = ProposalWriter(
            connection, proposal, before, self.in_force, catalogue, texts, self.today, makes_links=makes_links
        )
        await writer.write()
        faults = writer.faults()
        after = before if faults else await self._stored(connection)
        is_seen = self.seen == before.digest
        if faults or not is_seen:
            await savepoint.rollback()
            return TemplateOutcome(before, after, faults, has_changed=self.seen is not None and not is_seen)
        await savepoint.commit()
        return TemplateOutcome(before, after, people=writer.new_people)

    async def _stored(self, connection: AsyncConnection) -> Stored:
        listed = await listed_people(connection, self.municipality, self.today)
        return await stored_of(connection, self.municipality, listed)
