"""Every document with one thing of its agreements, targets or commitments left out or changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from shared.catalogue.indicator import THEMES
from shared.domain.target import TargetRule
from tests.golden.case import Agreement, CasePart, Commitment, Document, Target

# What names a target or a commitment, and what another word would say of something else altogether.
_NAMES = frozenset({"code", "agreement", "annex", "indicator", "slice", "area"})
_ONE_MONTH = timedelta(days=31)


class Change(NamedTuple):
    """Another value, and which field of which model differs, in words."""

    value: Any
    description: str


def mutants(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield the document with one thing else in each."""
    for agreement in document.agreements:
        others = tuple(one for one in document.agreements if one.code != agreement.code)
        for number, changed in enumerate(_of_agreement(agreement)):
            yield f"{agreement.code}-{number}", document.model_copy(update={"agreements": (*others, changed)})
    if document.has_changed_fields:
        yield from _of_fields(document)


def _of_fields(document: Document) -> Iterator[tuple[str, Document]]:
    for agreement in document.agreements:
        others = tuple(one for one in document.agreements if one.code != agreement.code)
        for index, target in enumerate(agreement.targets):
            for change in changes(target):
                changed = agreement.model_copy(update={"targets": _with(agreement.targets, index, change.value)})
                name = f"{target.indicator}-{change.description}"
                yield name, document.model_copy(update={"agreements": (*others, changed)})
    for index, commitment in enumerate(document.commitments):
        for change in changes(commitment):
            commitments = _with(document.commitments, index, change.value)
            yield f"{commitment.code}-{change.description}", document.model_copy(update={"commitments": commitments})


def _of_agreement(agreement: Agreement) -> Iterator[Agreement]:
    for index, annex in enumerate(agreement.annexes):
        changes: list[dict[str, object]] = []
        if annex.indicators is not None:
            changes += [{"indicators": _without(annex.indicators, one)} for one in range(len(annex.indicators))]
            changes += [
                {"indicators": (*_without(annex.indicators, at), one.model_copy(update={"slice": "all"}))}
                for at, one in enumerate(annex.indicators)
                if one.slice != "all"
            ]
        elif annex.theme in THEMES:
            changes.append({"indicators": ()})
        changes += [{"code": None}] if annex.code else []
        for change in changes:
            yield agreement.model_copy(
                update={"annexes": _with(agreement.annexes, index, annex.model_copy(update=change))}
            )
    if agreement.indicators:
        yield agreement.model_copy(update={"indicators": ()})
    for index in range(len(agreement.rhythms)):
        yield agreement.model_copy(update={"rhythms": _without(agreement.rhythms, index)})
    for index in range(len(agreement.targets)):
        yield agreement.model_copy(update={"targets": _without(agreement.targets, index)})


def fields_of(model: type[CasePart]) -> set[str]:
    """Return the fields that are changed, each with its model's name."""
    return {f"{model.__name__}.{name}" for name in model.model_fields if name not in _NAMES}


def changed_fields(document: Document) -> set[str]:
    """Return the fields that are changed in the targets and commitments of a document."""
    parts: list[CasePart] = [target for agreement in document.agreements for target in agreement.targets]
    for commitment in document.commitments:
        parts += [part for part in (commitment, commitment.recurrence, commitment.selection) if part is not None]
    return {
        f"{type(part).__name__}.{name}"
        for part in parts
        for name in type(part).model_fields
        if [*_of_field(part, name)]
    }


def changes(part: CasePart) -> Iterator[Change]:
    """Yield a target, a commitment or a part of one with one field else in each."""
    for name in type(part).model_fields:
        for change in _of_field(part, name):
            yield Change(part.model_copy(update={name: change.value}), f"{name}-{change.description}")


def _of_field(part: CasePart, name: str) -> Iterator[Change]:
    is_of_one_area = isinstance(part, Commitment) and len(part.areas) == 1
    if name in _NAMES or (name == "each_area" and is_of_one_area):
        return
    value = getattr(part, name)
    if isinstance(value, CasePart):
        yield from changes(value)
    elif isinstance(value, Decimal):
        stricter = value + _stricter(part, name)
        yield Change(stricter, str(stricter))
    else:
        yield from _neighbours(value)
    if value is not None and type(part).model_fields[name].default is None:
        yield Change(None, "left-out")


def _neighbours(value: object) -> Iterator[Change]:
    match value:
        case bool():
            yield Change(not value, str(not value))
        case Enum():
            yield from (Change(other, str(other)) for other in type(value) if other != value)
        case int():
            yield from (Change(other, str(other)) for other in (value - 1, value + 1) if other > 0)
        case date():
            yield from (Change(other, str(other)) for other in (value - _ONE_MONTH, value + _ONE_MONTH))
        case tuple():
            yield from (Change(_without(value, index), f"without-{index}") for index in range(len(value)))
        case dict():
            yield from (
                Change({other: value[other] for other in value if other != key}, f"without-{key}") for key in value
            )


def _stricter(part: CasePart, name: str) -> int:
    """Return in which direction a bound is harder to reach: the other one would say the same of what reaches it."""
    is_ceiling = name == "upper_value" or (isinstance(part, Target) and part.rule is TargetRule.AT_MOST)
    return -1 if is_ceiling or name == "tolerance" else 1


def _with(entries: tuple[Any, ...], index: int, entry: object) -> tuple[Any, ...]:
    return (*entries[:index], entry, *entries[index + 1 :])


def _without(entries: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return (*entries[:index], *entries[index + 1 :])
