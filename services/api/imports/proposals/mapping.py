"""From a proposal without open questions to the mapping by which the import reads the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.api.imports.mappings.content import LONGEST_COLUMN, MappingContent
from services.api.imports.mappings.parts import LONGEST_VALUE
from services.api.imports.proposals.columns import decimal_sign_of
from services.api.imports.proposals.context import BY_COLUMN, SKIP
from services.api.imports.proposals.vocabulary import IGNORED
from services.api.imports.record_type import FIELDS
from shared.domain.activity import MOMENT_NAMES
from shared.domain.matching import folded
from shared.files.table import column_letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.api.imports.proposals.proposal import ColumnProposal, SheetProposal

_LISTED = frozenset({"area", "type", "status", "month"})


def mapping_of(proposal: SheetProposal, source: str, name: str, delimiter: str | None = None) -> MappingContent:
    """Return the mapping of a proposal; what it reads is of a source of its own, so that sheets stay apart.

    Raises:
        ValueError: something is still open.
    """
    if not proposal.is_settled:
        raise ValueError("the proposal has open questions")
    names = _column_names(proposal)
    columns: dict[str, Any] = {}
    for one in proposal.columns:
        if one.field.value not in {IGNORED, "annex"}:
            columns[one.field.value] = _rule(one, proposal, names)
    columns |= _annex_rules(proposal, names) if proposal.measure is None else {}
    constants: dict[str, Any] = {"source": source} | dict(_constants(proposal))
    content = {
        "makes": "activities" if proposal.measure is None else "observations",
        "name": name,
        "format": _format(proposal, delimiter, is_lettered=names is None),
        "constants": constants,
        "skips": [*_skips(proposal, names)],
        "withoutIds": proposal.measure is None and "externalId" not in columns,
        "idColumns": [_name(letters, names) for letters in proposal.id_letters],
        "columns": columns,
    }
    return MappingContent.model_validate(content)


def _column_names(proposal: SheetProposal) -> Mapping[str, str] | None:
    """Return the names of the columns by their letters; None where a name is lacking, or means several columns."""
    used = [one for one in proposal.columns if one.field.value != IGNORED]
    every = [folded(name) for name in proposal.sheet.header.names if name]
    names = {one.guess.letters: one.guess.column.name for one in used}
    columns = proposal.sheet.columns
    names |= {column_letters(one.index): columns[one.index].name for one in proposal.sheet.asides}
    if proposal.sheet.header.row == 0 or not all(0 < len(name) <= LONGEST_COLUMN for name in names.values()):
        return None
    return None if any(every.count(folded(name)) != 1 for name in names.values()) else names


def _name(letters: str, names: Mapping[str, str] | None) -> str:
    return letters if names is None else names[letters]


def _format(proposal: SheetProposal, delimiter: str | None, *, is_lettered: bool) -> dict[str, Any]:
    sheet = proposal.sheet
    rows = {"headerRow": 0, "firstRow": sheet.header.row + 1} if is_lettered else {"headerRow": sheet.header.row}
    return {**rows, "lastRow": sheet.last_row or None, "sheet": sheet.name, "delimiter": delimiter}


def _rule(one: ColumnProposal, proposal: SheetProposal, names: Mapping[str, str] | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"column": _name(one.guess.letters, names)}
    field = one.field.value
    if field in MOMENT_NAMES:
        year = int(proposal.year.value) if proposal.year and one.guess.dates.needs_year else None
        return rule | {"format": [*one.forms] or None, "year": year}
    words = [word for word in proposal.words if word.letters == one.guess.letters and word.field == field]
    values: dict[str, str | int] = {word.text: word.meaning.value for word in words if word.meaning.value != SKIP}
    if field == "month":
        values = {text: int(value) for text, value in values.items()}
    if FIELDS["activities" if proposal.measure is None else "observations"].may_be_number(field):
        # Where the column says it nowhere, a number of two readings is refused.
        rule["decimalSign"] = decimal_sign_of(one.guess.column)
    if values and (field in _LISTED or field.startswith("attributes.")):
        rule["values"] = values
    if field == "status":
        rule["otherwise"] = "performed"
    return rule


def _annex_rules(proposal: SheetProposal, names: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the rules of agreement and annex: by a column of their own, or by that of the types."""
    column = proposal.column_of("annex")
    if column is not None:
        meant = {word.text: word.meaning.value for word in proposal.words if word.field == "annex"}
        meant = {text: code for text, code in meant.items() if code != SKIP}
    elif proposal.type.value == BY_COLUMN:
        column = proposal.column_of("type")
        by_type = {choice.key.removeprefix("annex-"): choice.value for choice in proposal.annexes}
        meant = {word.text: by_type.get(word.meaning.value, "") for word in proposal.words if word.field == "type"}
        meant = {text: code for text, code in meant.items() if code}
    if column is None or len(meant) == 0:
        return {}
    where = _name(column.guess.letters, names)
    numbers = {text: int(code.partition("/")[2]) for text, code in meant.items() if code.partition("/")[2]}
    rules: dict[str, Any] = {
        "agreement": {"column": where, "values": {text: code.partition("/")[0] for text, code in meant.items()}}
    }
    return rules | ({"annex": {"column": where, "values": numbers}} if numbers else {})


def _constants(proposal: SheetProposal) -> Iterable[tuple[str, Any]]:
    if proposal.measure is not None:
        yield "measure", proposal.measure
        if proposal.year is not None:
            yield "year", int(proposal.year.value)
    elif proposal.type.value != BY_COLUMN:
        yield "type", proposal.type.value
        if proposal.annexes:
            agreement, _, number = proposal.annexes[0].value.partition("/")
            yield "agreement", agreement
            if number:
                yield "annex", int(number)
    if proposal.status is not None:
        yield proposal.status.key, proposal.status.value
    if proposal.place is not None:
        yield "area", proposal.place.value


def _skips(proposal: SheetProposal, names: Mapping[str, str] | None) -> Iterable[dict[str, Any]]:
    """Yield the rows that are passed over: those of words that are left out, and sums by what they begin with."""
    columns = proposal.sheet.columns
    left_out: dict[str, list[str]] = {}
    for word in proposal.words:
        if word.meaning.value == SKIP:
            left_out.setdefault(word.letters, []).append(word.text)
    records = {aside.index: {*map(folded, columns[aside.index].words)} for aside in proposal.sheet.asides}
    for aside in proposal.sheet.asides:
        # By its text each row is passed over that has it: of one that records have, too, only the aside is refused.
        if (
            len(aside.text) > LONGEST_VALUE
            or columns[aside.index].has_more
            or folded(aside.text) in records[aside.index]
        ):
            continue
        left_out.setdefault(column_letters(aside.index), []).append(aside.text)
    for letters, texts in left_out.items():
        yield {"column": _name(letters, names), "values": [*dict.fromkeys(texts)]}
