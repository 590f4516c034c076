"""What a filled-in template asks for, in the documents that everything else takes, and which cell each field is from.

Nothing is judged here but what a document could not say: a name that nothing has, a choice that there is not. All else
is judged by those who write agreements, areas, roles, terms and people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from services.api.pages.setup.agreement_rows import AgreementRows
from services.api.pages.setup.filled_in import CellPosition
from services.api.pages.setup.places import TemplatePlaces
from services.api.pages.setup.rows import RowReader
from services.api.pages.setup.stored import key_of
from shared.domain.activity import Span
from shared.domain.matching import folded
from shared.domain.person import GivenRole, Invitation, PersonRole
from shared.domain.role import RoleSpan
from shared.domain.term import Term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.filled_in import CellFault, FilledTemplate
    from services.api.pages.setup.stored import Stored
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class TemplateProposal:
    """What is to be stored, each with the row that it is from, and what is wrong with cells; roles by their area.

    `opened` is what a form was opened with: it is replaced by what the form says.
    """

    agreement: AgreementRows
    places: TemplatePlaces
    roles: Mapping[str, Sequence[tuple[RoleSpan, int]]]
    terms: Sequence[tuple[Term, int]]
    people: Sequence[tuple[Invitation, int]]
    faults: Mapping[CellPosition, CellFault]
    opened: str = ""


def proposal_of(
    filled: FilledTemplate, stored: Stored, taken: frozenset[str], choices: TemplateChoices, language: Language
) -> TemplateProposal:
    """Return what a template asks for, with what is wrong with its cells; `taken` are codes that others have."""
    reader = RowReader(filled, choices, language)
    places = TemplatePlaces(reader, stored, taken)
    agreement = AgreementRows(reader, places, stored)
    roles, terms = _roles(reader, places, stored), _terms(reader)
    people = _people(reader, places, agreement, stored)
    return TemplateProposal(agreement, places, roles, terms, people, reader.faults, filled.opened)


def _roles(reader: RowReader, places: TemplatePlaces, stored: Stored) -> dict[str, list[tuple[RoleSpan, int]]]:
    found: dict[str, list[tuple[RoleSpan, int]]] = {}
    # Of the place that a form was opened with, the role may have become another place's.
    found |= {
        code: []
        for code, roles in stored.roles.items()
        if any(key_of((code, one.role, one.first)) == reader.filled.opened for one in roles)
    }
    for row, fields in reader.rows("roles"):
        code = places.code(CellPosition("roles", row, "area"), fields["area"]) if fields["area"] else None
        first, last, need = fields["validFrom"], fields["validTo"], fields["need"]
        if code is None or not isinstance(first, date) or fields["role"] is None:
            continue
        last = last if isinstance(last, date) else None
        span = RoleSpan(str(fields["role"]), first, last, need if isinstance(need, int) else None)
        found.setdefault(code, []).append((span, row))
    return found


def _terms(reader: RowReader) -> list[tuple[Term, int]]:
    found: list[tuple[Term, int]] = []
    for row, fields in reader.rows("terms"):
        first, last = fields["validFrom"], fields["validTo"]
        if isinstance(first, date) and isinstance(last, date) and fields["name"] is not None:
            found.append((Term(str(fields["name"]), Span(first, last)), row))
    return found


def _people(
    reader: RowReader, places: TemplatePlaces, agreement: AgreementRows, stored: Stored
) -> list[tuple[Invitation, int]]:
    found: list[tuple[Invitation, int]] = []
    known: dict[tuple[object, ...], int] = {}
    names: dict[str, tuple[str, int]] = {}
    parties = {folded(one) for one in agreement.parties}
    parties |= {folded(one) for entry in stored.agreements.values() for one in entry["parties"]}
    for row, fields in reader.rows("people"):
        area = places.code(CellPosition("people", row, "area"), fields["area"])
        annex = agreement.annex(CellPosition("people", row, "annex"), fields["annex"])
        email, role, name = fields["email"], fields["role"], fields["name"]
        if role is not None and (role == PersonRole.ANNEX_OWNER) != (fields["annex"] is not None):
            reader.note(CellPosition("people", row, "annex"), "annexForOwner")
        if fields["party"] is not None and role is not None and role != PersonRole.REPORTER:
            reader.note(CellPosition("people", row, "party"), "partyForReporter")
        elif fields["party"] is not None and folded(str(fields["party"])) not in parties:
            reader.note(CellPosition("people", row, "party"), "noParty")
        if not isinstance(email, str) or role is None or area is None:
            continue
        key = (email.casefold(), role, area, annex)
        if known.setdefault(key, row) != row:
            reader.note(CellPosition("people", row, "email"), "samePerson", row=known[key])
        if isinstance(name, str) and names.setdefault(email.casefold(), (name, row))[0] != name:
            reader.note(CellPosition("people", row, "name"), "otherName", row=names[email.casefold()][1])
        party = str(fields["party"]) if fields["party"] is not None else None
        code = agreement.code if annex is not None else None
        given = GivenRole(PersonRole(str(role)), area, party, code, annex)
        found.append((Invitation(email, (given,), str(name) if name is not None else None), row))
    return found
