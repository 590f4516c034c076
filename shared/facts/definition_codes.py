"""Keeps a code to one definition: what is refused of another's code, and how a definition comes to be shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.catalogue.municipal_definitions import DefinitionKind, MunicipalDefinition
from shared.domain.errors import DefinitionTaken, Violation
from shared.domain.owner import Owner
from shared.facts.definition_owners import owner_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row

    from shared.facts.municipal_definitions import SentDefinition


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """The latest version of what has a code, and whose own it is."""

    kind: DefinitionKind
    version: int
    document: Mapping[str, Any]
    owner: Owner

    @classmethod
    def of(cls, row: Row[Any]) -> StoredDefinition:
        """Return a row as it is selected, with its `OWNER`."""
        return cls(DefinitionKind(row.kind), row.version, row.document, owner_from(row.owner))


def refuse_taken(upload: SentDefinition, owner: Owner, stored: Sequence[StoredDefinition]) -> None:
    """Refuse a code that others have. Who sends their definition as it is, with their areas and more, shares it.

    Raises:
        DefinitionTaken: the code is that of a definition which stays as it is.

    """
    if not upload.areas:  # which is a fault of its own
        return
    own = next((one for one in stored if one.kind == upload.kind and owner.covers(one.owner)), None)
    for one in stored:
        address, theirs = f"{one.kind.address}/{upload.code}", one.owner
        is_related = owner.covers(theirs) or theirs.covers(owner)
        if not is_related or (own is None and theirs.areas != owner.areas):
            remedy = "Choose another code, or send all of its areas to revise it."
            raise _taken(upload, owner, one, f"{address} of {theirs} is in force there", remedy)
        if one is own and theirs.areas != owner.areas and _says_other(upload, owner, one):
            remedy = "Choose another code; or send it unchanged with all areas to share it, and revise it later."
            raise _taken(upload, owner, one, f"{address} of {theirs} is in force there and says something else", remedy)


def _says_other(upload: SentDefinition, owner: Owner, one: StoredDefinition) -> bool:
    return upload.content is not None and MunicipalDefinition(owner, upload.content).document != one.document


def _taken(upload: SentDefinition, owner: Owner, one: StoredDefinition, reason: str, remedy: str) -> DefinitionTaken:
    """Return the refusal, which names the areas in which the stored definition is in force, or in a part of which."""
    around = dict(zip(owner.areas, owner.around, strict=True))
    found = [
        Violation(field, reason, remedy)
        for field, code in upload.areas.items()
        if code in around and one.owner.meets(Owner((code,), (around[code],)))
    ]
    if found:
        return DefinitionTaken("A definition that is in force there has this code.", found)
    elsewhere = f"{one.kind.address}/{upload.code} is the own of {one.owner}"
    others = [Violation(field, elsewhere, "Choose another code.") for field in upload.areas]
    return DefinitionTaken("Another area's definition has this code.", others)
