"""Writes a proposal part by part, by those who write areas, agreements, roles, terms and people for everybody else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.api.agreements.document import AgreementDocument, faults_of, personal_data_in, put_document
from services.api.areas.schemas import AreaBody
from services.api.areas.terms import AreaTerm
from services.api.pages.setup.filled_in import CellFault, CellPosition
from services.api.pages.setup.inviting import NewPerson, invite
from services.api.pages.setup.layout import SHEETS
from services.api.pages.setup.stored import key_of
from shared.db.territories import FiguresAbove, acting_for
from shared.domain.agreement import OUTSIDE_SPAN
from shared.domain.errors import DomainError, Violation
from shared.facts.areas import put_areas
from shared.facts.roles import put_roles
from shared.facts.terms import put_terms
from shared.intake.violations import violation_of
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.setup.fault_texts import FaultTexts
    from services.api.pages.setup.proposal import TemplateProposal
    from services.api.pages.setup.stored import Stored
    from shared.catalogue.loader import Catalogue
    from shared.domain.person import Invitation
    from shared.domain.role import RoleSpan
    from shared.facts.areas import Area
    from shared.facts.catalogue_in_force import CatalogueInForce

# The columns that fields of an area, a role, a term and a person are from.
_COLUMNS = {
    "places": {
        "name": "name",
        "kind": "kind",
        "placeKind": "kind",
        "validFrom": "validFrom",
        "validTo": "validTo",
        "parents": "parent",
    },
    "roles": {"roles": "role", "role": "role", "validFrom": "validFrom", "validTo": "validTo", "need": "need"},
    "terms": {"name": "name", "validFrom": "validFrom", "validTo": "validTo"},
    "people": {"email": "email", "name": "name", "role": "role", "area": "area", "party": "party", "annex": "annex"},
}


@dataclass(slots=True)
class ProposalWriter:
    """Writes a proposal part by part; what is wrong with a part keeps none of the others from being looked at."""

    connection: AsyncConnection
    proposal: TemplateProposal
    before: Stored
    in_force: CatalogueInForce
    catalogue: Catalogue
    texts: FaultTexts
    today: date
    # Whether who is new is given a link.
    makes_links: bool
    new_people: list[NewPerson] = field(default_factory=list)
    _found: dict[CellPosition, CellFault] = field(default_factory=dict)
    # Areas that could not be written: what is about them is not at fault for it.
    _without: set[str] = field(default_factory=set)
    _agreement_is_faulty: bool = False

    async def write(self) -> None:
        """Write all that can be written."""
        self._without |= self.proposal.places.unusable
        await self._write_areas()
        await self._write_agreement()
        await self._write_roles()
        await self._write_terms()
        await self._write_people()

    def faults(self) -> dict[CellPosition, CellFault]:
        """Return all that is wrong, by cell, in the order of the sheets and their rows; of each the first thing."""
        found = {**self._found, **self.proposal.faults}
        sheets = [*SHEETS]
        columns = {key: [column.key for column in sheet.columns] for key, sheet in SHEETS.items()}
        order = sorted(found, key=lambda at: (sheets.index(at.sheet), at.row, columns[at.sheet].index(at.column)))
        return {place: found[place] for place in order}

    def _note(self, place: CellPosition, violation: Violation) -> None:
        self._found.setdefault(place, self.texts.fault(place, violation))

    def _note_in_row(self, sheet: str, row: int, violations: Iterable[Violation]) -> None:
        """Note what is wrong with an area, role, term or person, by the field's name without what it is part of."""
        for violation in violations:
            names = [name.partition("[")[0] for name in violation.field.split(".")]
            known = [_COLUMNS[sheet][name] for name in names if name in _COLUMNS[sheet]]
            self._note(CellPosition(sheet, row, known[-1] if known else SHEETS[sheet].columns[0].key), violation)

    @asynccontextmanager
    async def _trying(self, note: Callable[[DomainError], None]) -> AsyncIterator[None]:
        """Keep what is written meanwhile, or undo it and note why."""
        savepoint = await self.connection.begin_nested()
        try:
            yield
        except DomainError as error:
            await savepoint.rollback()
            note(error)
        else:
            await savepoint.commit()

    def _refuse_unformed(self) -> None:
        """Note what the form of areas and terms does not allow, as when the API is sent them."""
        for area, row in self.proposal.places.areas:
            parents = [{"code": parent.code} for parent in area.parents]
            content = {"kind": area.kind, "placeKind": area.place_kind, "name": area.name, "parents": parents}
            if violations := _faults_of_form(AreaBody, content):
                self._note_in_row("places", row, violations)
                self._without.add(area.code)
        for term, row in self.proposal.terms:
            days = {"validFrom": str(term.days.first), "validTo": str(term.days.last)}
            self._note_in_row("terms", row, _faults_of_form(AreaTerm, {"name": term.name, **days}))

    async def _write_areas(self) -> None:
        self._refuse_unformed()
        rows = {area.code: row for area, row in self.proposal.places.areas}
        areas = self._parents_first(rows)
        refused: list[DomainError] = []
        async with self._trying(refused.append):
            await put_areas(self.connection, areas)
        # Of several the first that is at fault is refused: then each is tried by itself.
        for area in areas if refused else ():

            def note(error: DomainError, area: Area = area) -> None:
                self._without.add(area.code)
                self._note_in_row("places", rows[area.code], error.violations)

            if not {parent.code for parent in area.parents} & self._without:
                async with self._trying(note):
                    await put_areas(self.connection, [area])
            else:
                self._without.add(area.code)
        if refused and not self._without.intersection(area.code for area in areas):
            raise refused[0]

    def _parents_first(self, rows: dict[str, int]) -> list[Area]:
        """Return the areas in the order in which they can be written; those inside each other are noted, and not."""
        by_code = {area.code: area for area, _ in self.proposal.places.areas if area.code not in self._without}
        while True:
            above = {
                code: [parent.code for parent in area.parents if parent.code in by_code]
                for code, area in by_code.items()
            }
            try:
                return [by_code[code] for code in TopologicalSorter(above).static_order()]
            except CycleError as error:
                violation = Violation("parents", "form a circle", "Leave out the parent below it.")
                for code in {*error.args[1]}:
                    self._note_in_row("places", rows[code], [violation])
                    self._without.add(code)
                    del by_code[code]

    async def _write_agreement(self) -> None:
        agreement = self.proposal.agreement
        document = agreement.document
        if document is None:
            return
        violations = personal_data_in(document)
        if not violations and not self.proposal.faults.keys() & {*agreement.cells.values()}:
            savepoint = await self.connection.begin_nested()
            try:
                read = AgreementDocument.model_validate(document)
                await put_document(self.connection, self.in_force, agreement.code, read, self.today)
            except (ValidationError, DomainError):
                await savepoint.rollback()
            else:
                await savepoint.commit()
                return
        self._agreement_is_faulty = True
        for violation in await faults_of(self.connection, self.in_force, agreement.code, document, self.today):
            place = agreement.cell_of(violation.field) or agreement.cells["title"]
            is_of_annex = violation.field in agreement.undated and violation.reason == OUTSIDE_SPAN
            if not is_of_annex and not self._is_about_missing_area(violation, document):
                self._note(place, violation)

    def _is_about_missing_area(self, violation: Violation, document: dict[str, Any]) -> bool:
        """Tell whether a target or commitment is refused only for an area that is itself at fault."""
        for name, key in (("targets", "area"), ("commitments", "areas")):
            for index, entry in enumerate(document[name]):
                if violation.field.startswith(f"{name}[{index}].{key}"):
                    codes = entry[key] if isinstance(entry[key], list) else [entry[key]]
                    return not self._without.isdisjoint(code for code in codes if code)
        return False

    async def _write_roles(self) -> None:
        for code, given in self.proposal.roles.items():
            if code in self._without:
                continue
            spans = [self._with_need(span) for span, _ in given]
            # What is stored of the same role for other days stays, and so do all other roles.
            stored = self.before.roles.get(code, ())
            further = [
                one
                for one in stored
                if not any(_overlap(one, span) for span in spans) and not self._is_opened((code, one.role, one.first))
            ]

            def note(error: DomainError, given: Sequence[tuple[RoleSpan, int]] = given) -> None:
                for violation in error.violations:
                    self._note_in_row("roles", given[_index(violation.field, len(given))][1], [violation])

            async with self._trying(note):
                await put_roles(self.connection, code, [*spans, *further], self.catalogue, self.today)

    def _is_opened(self, known_by: Hashable) -> bool:
        """Tell whether a form was opened with a stored thing, by what that is known by."""
        return key_of(known_by) == self.proposal.opened

    def _with_need(self, span: RoleSpan) -> RoleSpan:
        takes_need = span.role in self.catalogue.roles and self.catalogue.roles[span.role].takes_need
        return replace(span, need=1) if takes_need and span.need is None else span

    async def _write_terms(self) -> None:
        given = self.proposal.terms
        if not given:
            return
        terms = [term for term, _ in given]
        further = [
            one
            for one in self.before.terms
            if not any(one.days.first <= term.days.last and term.days.first <= one.days.last for term in terms)
            and not self._is_opened(one.days.first)
        ]

        def note(error: DomainError) -> None:
            for violation in error.violations:
                self._note_in_row("terms", given[_index(violation.field, len(given))][1], [violation])

        async with self._trying(note):
            await put_terms(self.connection, self.before.municipality.code, [*terms, *further], self.today)

    async def _write_people(self) -> None:
        """Invite as who administers the municipality does: what was written before is what they coordinate."""
        if not self.proposal.people:
            return
        known = {one.email.casefold() for one in self.before.people}
        new: dict[UUID, Invitation] = {}
        async with acting_for(self.connection, self.before.municipality.area_id, self.today, FiguresAbove.OPEN):
            for invitation, row in self.proposal.people:
                if any(given.area in self._without for given in invitation.roles):
                    continue
                invited = await self.connection.run_sync(partial(invite, invitation=invitation))
                if not isinstance(invited, UUID):
                    self._note_in_row("people", row, [one for one in invited if not self._follows(one)])
                elif invitation.email.casefold() not in known:
                    new.setdefault(invited, invitation)
            if self.makes_links and not self.faults():
                for person_id, invitation in new.items():
                    token = await self.connection.run_sync(partial(people.create_link, person_id=person_id))
                    self.new_people.append(NewPerson(invitation.email, invitation.name, token))

    def _follows(self, violation: Violation) -> bool:
        """Tell whether somebody's annex is missing only since the agreement is at fault."""
        return self._agreement_is_faulty and violation.field.endswith(".annex")


def _faults_of_form(model: type[BaseModel], content: object) -> list[Violation]:
    try:
        model.model_validate(content)
    except ValidationError as error:
        return [violation_of(fault, fault["loc"]) for fault in error.errors()]
    return []


def _index(field: str, most: int) -> int:
    """Return the place in a list that a field names; of what names none, the first."""
    number = field.partition("[")[2].partition("]")[0]
    return min(int(number), most - 1) if number.isdecimal() else 0


def _overlap(one: RoleSpan, other: RoleSpan) -> bool:
    is_before = one.last is not None and one.last < other.first
    return one.role == other.role and not is_before and not (other.last is not None and other.last < one.first)
