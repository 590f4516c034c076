"""An agreement as one document, with its commitments: put whole, or checked for every fault at once.

Whatever refuses a document names the entries at fault and stops. So a check sets aside what is named, and puts the rest
again, until nothing more is found; then all is undone. No rule is written twice, and one fault hides no other.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from services.api.agreements.schemas import MOST_ENTRIES, WHOLE_EXAMPLE, AgreementBody
from services.api.commitments.schemas import EXAMPLE as COMMITMENT_EXAMPLE
from services.api.commitments.schemas import CommitmentBody
from shared.domain.errors import DomainError, InvalidAgreement, Violation
from shared.domain.fields import DefinedCode
from shared.domain.followed import code_among_others
from shared.domain.free_text import faults_in
from shared.facts.agreements import put_agreement
from shared.facts.commitments import put_commitment, refuse_unnamed_parties
from shared.intake.violations import violation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.facts.catalogue_in_force import CatalogueInForce

_ENTRY = re.compile(r"(?P<name>[a-zA-Z]+)\[(?P<index>[0-9]+)\]")
# How a reason names another entry, with which the one at fault does not go.
_OTHER_ENTRY = re.compile(r"(?P<name>targets)\[(?P<index>[0-9]+)\]")
_ANNEX = re.compile(r"(?:targets|commitments)\[[0-9]+\]\.annex")
# What an agreement must have, as it is where that is at fault itself: so wide that nothing else is at fault for it.
_WIDEST = {"title": "–", "validFrom": "1900-01-01", "validTo": "2199-12-31"}


class DocumentedCommitment(CommitmentBody):
    """A commitment inside the document of its agreement, where no address names it."""

    code: DefinedCode


class AgreementDocument(AgreementBody):
    """An agreement whole, with what its parties have promised."""

    commitments: Annotated[list[DocumentedCommitment], Field(max_length=MOST_ENTRIES, default_factory=list)]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**WHOLE_EXAMPLE, "commitments": [{**COMMITMENT_EXAMPLE, "annex": 4}]}]}
    )


class UncheckedDocument(dict[str, Any]):
    """A document as it was sent, which the specification shows as it should be."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Take any object, though it is specified as the model: all of its faults are to be found together."""
        return core_schema.no_info_wrap_validator_function(_any_object, handler.generate_schema(AgreementDocument))


def _any_object(value: object, _validate: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PydanticCustomError("model", "is not an object", {"remedy": "Write an object, in braces."})
    return value


class _Sifted:
    """A document without what has been set aside."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = dict(document)
        self._aside: dict[str, set[int]] = {}
        self._lacks_annexes = False

    def content(self) -> dict[str, Any]:
        left = {
            name: [value[index] for index in self._left(name, value)] if isinstance(value, list) else value
            for name, value in self._document.items()
        }
        return left | {"annexes": self._as_called(left["annexes"])} if self._aside.get("annexes") else left

    def _as_called(self, left: list[Any]) -> list[Any]:
        """Return annexes of sound form with the codes that they have beside those that have been set aside."""
        themes = Counter(str(annex.get("theme")) for annex in self._document["annexes"] if isinstance(annex, dict))
        return [
            annex | {"code": code_among_others(annex["theme"], annex["number"])}
            if annex.get("code") is None and themes[annex["theme"]] > 1
            else annex
            for annex in left
        ]

    def as_sent(self, violation: Violation) -> Violation:
        """Return a violation of the content with the place that it has in the document."""
        found = _ENTRY.match(violation.field)
        if found is None:
            return violation
        field = f"{self._entry_as_sent(found)}{violation.field[found.end() :]}"
        return replace(violation, field=field, reason=_OTHER_ENTRY.sub(self._entry_as_sent, violation.reason))

    def _entry_as_sent(self, entry: re.Match[str]) -> str:
        name, left = entry["name"], list(self._left(entry["name"], self._document[entry["name"]]))
        return f"{name}[{left[int(entry['index'])]}]"

    def follows_from_another(self, violation: Violation) -> bool:
        """Tell whether an entry is at fault only since the annex that it names has been set aside."""
        if not _ANNEX.fullmatch(violation.field):
            return False
        if "annexes" not in self._document:
            return self._lacks_annexes
        annexes = [self._document["annexes"][index] for index in self._aside.get("annexes", ())]
        numbers = [annex.get("number") if isinstance(annex, dict) else None for annex in annexes]
        name, index = violation.field.removesuffix("].annex").split("[")
        # An annex whose number is at fault may be any.
        return self._document[name][int(index)]["annex"] in numbers or not all(isinstance(one, int) for one in numbers)

    def set_aside(self, violations: Iterable[Violation]) -> bool:
        """Set aside the entries that are named, and fields that are no entries; tell whether there were any."""
        return sum(self._set_aside(violation.field) for violation in violations) > 0

    def _set_aside(self, field: str) -> bool:
        if found := _ENTRY.match(field):
            aside = self._aside.setdefault(found["name"], set())
            is_new = int(found["index"]) not in aside
            aside.add(int(found["index"]))
            return is_new
        name = re.split(r"[.\[]", field)[0]
        if name in _WIDEST:
            is_new = self._document.get(name) != _WIDEST[name]
            self._document[name] = _WIDEST[name]
            return is_new
        if isinstance(self._document.get(name), list):
            return False  # the list as a whole is at fault, and not for one of its entries
        self._lacks_annexes |= name == "annexes"
        return self._document.pop(name, None) is not None

    def _left(self, name: str, entries: list[Any]) -> Iterator[int]:
        aside = self._aside.get(name, set())
        return (index for index in range(len(entries)) if index not in aside)


def personal_data_in(content: Mapping[str, Any]) -> list[Violation]:
    """Return where the commitments of a document hold personal data; all else is searched with its other faults."""
    return list(faults_in(content.get("commitments"), "commitments", "commitments"))


async def put_document(
    connection: AsyncConnection, in_force: CatalogueInForce, code: str, document: AgreementDocument, today: date
) -> None:
    """Create or replace an agreement with a code, and the commitments that its document has.

    Raises:
        InvalidAgreement: it contradicts itself, or names what does not exist, or one of its commitments does.
        AgreementInUse: activities or commitments would lose their annex, or lie outside of the agreement.
    """
    known = await in_force.current(connection)  # before the agreement changes what is in force
    await put_agreement(connection, in_force, document.as_agreement(code), today)
    violations = []
    codes = [commitment.code for commitment in document.commitments]
    for index, commitment in enumerate(document.commitments):
        field = f"commitments[{index}]"
        if commitment.code in codes[:index]:
            violations.append(Violation(f"{field}.code", "stands here a second time", "Leave one of them out."))
            continue
        try:
            content = commitment.as_commitment(code, commitment.code)
            await put_commitment(connection, content, today, known.activity_types, known.type_owners)
        except DomainError as error:
            violations += [replace(one, field=f"{field}.{one.field}") for one in error.violations]
    if violations:
        raise InvalidAgreement("A commitment contradicts itself or the agreement.", violations)
    await refuse_unnamed_parties(connection, code)


async def faults_of(
    connection: AsyncConnection, in_force: CatalogueInForce, code: str, content: Mapping[str, Any], today: date
) -> list[Violation]:
    """Return every fault of the document of an agreement with a code, and leave everything as it was."""
    sifted = _Sifted(content)
    found = dict.fromkeys(personal_data_in(content))
    while True:
        attempt = await _faults_found_first(connection, in_force, code, sifted.content(), today)
        violations = [sifted.as_sent(one) for one in attempt]
        found |= dict.fromkeys(one for one in violations if not sifted.follows_from_another(one))
        if not sifted.set_aside(violations):
            return list(found)


async def _faults_found_first(
    connection: AsyncConnection, in_force: CatalogueInForce, code: str, content: Mapping[str, Any], today: date
) -> list[Violation]:
    try:
        document = AgreementDocument.model_validate(content)
    except ValidationError as error:
        return [violation_of(fault, fault["loc"]) for fault in error.errors()]
    trial = await connection.begin_nested()
    try:
        await put_document(connection, in_force, code, document, today)
    except DomainError as error:
        return list(error.violations)
    finally:
        await trial.rollback()
    return []
