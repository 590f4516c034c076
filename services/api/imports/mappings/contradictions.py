"""What makes the parts of an import mapping contradict each other, each of which is sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import permutations
from typing import Final

from pydantic import ValidationError

from services.api.imports.mappings.content import MappingContent, nested
from services.api.imports.record_type import FIELDS, PERIOD_PARTS
from shared.domain.errors import Violation
from shared.domain.free_text import faults_in
from shared.domain.matching import trimmed
from shared.domain.moment import UnreadableMoment, is_without_year, read_formatted
from shared.domain.period import STOCKHOLM
from shared.files.table import NO_HEADER, column_index
from shared.intake.violations import redacted, violation_of

_IDS: Final = ("externalId",)
_DIRECTIVE: Final = re.compile(r"%.")
_MONTHS: Final = ("%m", "%b", "%B")
_FOURTH_OF_MARCH: Final = datetime(2016, 3, 4, 5, 6, 7, tzinfo=STOCKHOLM)


def contradictions(mapping: MappingContent) -> Iterator[Violation]:
    """Yield what is wrong between the parts of a mapping, each of which is sound."""
    unknown = list(_unknown_fields(mapping))
    if unknown:
        yield from unknown
        return
    for field in mapping.constants.keys() & mapping.columns.keys():
        yield Violation(f"columns.{field}", "is a constant as well", "Keep one of them.")
    for group in FIELDS[mapping.makes].required:
        if group == _IDS and mapping.without_ids:
            continue
        if not any(field in stated for field in group for stated in (mapping.constants, mapping.columns)):
            yield Violation("columns", f"nothing gives '{group[0]}'", "Add a constant or a column for it.")
    yield from _unfit_rules(mapping)
    yield from _unfit_choices(mapping)
    yield from _unfit_parts(mapping)
    yield from _faulty_constants(mapping)
    yield from faults_in(mapping.model_dump(mode="json", by_alias=True), "import-mappings")


def _unfit_rules(mapping: MappingContent) -> Iterator[Violation]:
    for field, rule in mapping.columns.items():
        if rule.decimal_sign is not None and not FIELDS[mapping.makes].may_be_number(field):
            yield Violation(f"columns.{field}.decimalSign", "the field is no number", "Leave it out.")
        if rule.format is not None and field not in FIELDS[mapping.makes].dated:
            yield Violation(f"columns.{field}.format", "the field is no date", "Leave the format out.")
        if rule.named is not None and field != "area":
            yield Violation(f"columns.{field}.named", "the field is no area", "Leave it out.")
        if rule.year is None and any(map(is_without_year, rule.formats)):
            yield Violation(f"columns.{field}.format", "dates of this form have no year", "State their `year`.")
        yield from _misread(f"columns.{field}.format", [form for form in rule.formats if "%" in form], rule.year)
        yield from _words_alike(f"columns.{field}.values", rule.values)
        for part, choice in (("when", rule.when), ("unless", rule.unless)):
            if choice is not None and mapping.format.header_row == NO_HEADER:
                yield from _unfit_column(f"columns.{field}.{part}", choice.column)
        if mapping.format.header_row == NO_HEADER:
            for column in (rule.column, *rule.also_columns):
                yield from _unfit_column(f"columns.{field}", column)


def _misread(part: str, forms: Sequence[str], year: int | None) -> Iterator[Violation]:
    """Yield why another time would be read than is meant: `strptime` makes up a month, and may pass over PM."""
    for form in forms:
        directives = {*_DIRECTIVE.findall(form)}
        if "%d" in directives and directives.isdisjoint(_MONTHS):
            yield Violation(part, "dates of this form have no month", "Name the month, by %m or %b.")
        if ("%I" in directives) != ("%p" in directives):
            yield Violation(
                part, "hours up to 12 need AM or PM, and others have none", "Write %I with %p, or %H alone."
            )
    if any(_read_otherwise(form, other, year) for form, other in permutations(forms, 2)):
        remedy = "Keep one of them, and read files of the other form by a mapping of their own."
        yield Violation(part, "two of these forms read the same text as different dates", remedy)


def _read_otherwise(form: str, other: str, year: int | None) -> bool:
    """Tell whether a date that is written by one form is another one by the other, as 4/3 and 3/4."""
    text = _FOURTH_OF_MARCH.strftime(form)
    try:
        return read_formatted(text, form, STOCKHOLM, year).on != read_formatted(text, other, STOCKHOLM, year).on
    except UnreadableMoment:
        return False


def _words_alike(part: str, values: Mapping[str, object]) -> Iterator[Violation]:
    """Yield words that a cell cannot tell apart, though they stand for different things."""
    meanings: dict[str, object] = {}
    for word, value in values.items():
        if meanings.setdefault(trimmed(word), value) != value:
            reason = "lists the same word twice, only with other blanks around it"
            yield Violation(redacted(f"{part}.{word}"), reason, "Leave one of them out.")


def _unfit_column(part: str, column: str) -> Iterator[Violation]:
    if column_index(column) is None:
        reason = "is not the letter of a column, and the file has no row of names"
        yield Violation(part, reason, "Name columns A, B and so on, or leave `headerRow` out.")


def _unfit_choices(mapping: MappingContent) -> Iterator[Violation]:
    if mapping.id_columns and not mapping.without_ids:
        yield Violation("idColumns", "the rows have ids of their own", "Leave it out, or say `withoutIds`.")
    if mapping.format.first_row is not None and mapping.format.header_row != NO_HEADER:
        yield Violation("format.firstRow", "the rows begin below those that name the columns", "Leave it out.")
    first, last = mapping.format.first_row or (mapping.format.header_row or 0) + 1, mapping.format.last_row
    if last is not None and last < first:
        yield Violation("format.lastRow", "is before the first row that is read", f"Give {first} or more.")
    if mapping.format.header_row == NO_HEADER:
        for column in mapping.id_columns:
            yield from _unfit_column("idColumns", column)


def _unfit_parts(mapping: MappingContent) -> Iterator[Violation]:
    if mapping.makes != "activities":
        for part, is_stated in (("duplicates", mapping.duplicates is not None), ("cancels", bool(mapping.cancels))):
            if is_stated:
                yield Violation(part, "an observation cannot be cancelled", "Put those rows in `skips`.")
        for part, is_stated in (("withoutIds", mapping.without_ids), ("caseNumbers", mapping.case_numbers is not None)):
            if is_stated:
                yield Violation(part, "an observation has no id", "Leave it out.")
    elif mapping.without_ids and "externalId" in (*mapping.constants, *mapping.columns):
        yield Violation("withoutIds", "something gives 'externalId'", "Keep one of them.")


def _unknown_fields(mapping: MappingContent) -> Iterator[Violation]:
    fields = FIELDS[mapping.makes]
    remedy = f"Write a field of {fields.noun}; nested ones with a dot."
    for part, names in (("constants", mapping.constants), ("columns", mapping.columns)):
        for name in names:
            if not fields.hold(name):
                yield Violation(redacted(f"{part}.{name}"), f"is not a field of {fields.noun}", remedy)


def _faulty_constants(mapping: MappingContent) -> Iterator[Violation]:
    constants = {field: value for field, value in mapping.constants.items() if field not in PERIOD_PARTS}
    try:
        FIELDS[mapping.makes].body.model_validate(nested(constants))
    except ValidationError as error:
        for fault in error.errors():
            if fault["type"] != "missing":
                yield violation_of(fault, ("constants", *fault["loc"]))
