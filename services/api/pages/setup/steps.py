"""A set-up step by step on pages: the agreement, one annex or one place at a time, by the way that a template goes."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from services.api.pages.setup.filled_in import FilledSheet, FilledTemplate
from services.api.pages.setup.layout import AGREEMENT, SHEETS, Column, Input
from shared.domain.wording import name_sort_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.pages.forms import Form
    from services.api.pages.setup.choices import Choices
    from services.api.pages.setup.stored import Stored
    from services.api.pages.texts import Translate
    from shared.domain.wording import Language
    from shared.files.cells import Cell

STEPS = ("agreement", "annexes", "places")
# The field by which a form says what it was opened with.
OPENED = "opened"
# Where a form's row is; of the agreement each field has one of its own.
_ROW = 1
_INPUTS = {Input.DATE: "date", Input.LINES: "lines", Input.CHOICE: "list", Input.REFERENCE: "list"}


class StepField(NamedTuple):
    """A field of a step, as its form shows it."""

    name: str
    label: str
    help: str
    input: str
    is_required: bool
    choices: Sequence[tuple[str, str]]


def fields_of(step: str, stored: Stored, choices: Choices, language: Language, t: Translate) -> Iterator[StepField]:
    """Yield the fields of a step; what it has to choose from is sent by its name, as in a cell."""
    for column in SHEETS[step].columns:
        offered: list[str] = []
        if column.input is Input.CHOICE:
            offered = [*choices.names(column.source, language).values()]
        elif column.input is Input.REFERENCE:
            offered = sorted((area.name for area in stored.areas.values()), key=name_sort_key)
        helping = t(f"setup.stepHelp.{column.key}") if t.knows(f"setup.stepHelp.{column.key}") else ""
        yield StepField(
            column.key,
            t(f"setup.column.{step}.{column.key}"),
            helping or t(f"setup.help.{step}.{column.key}"),
            _INPUTS.get(column.input, "text"),
            column.is_required,
            [(name, name) for name in offered],
        )


def typed_in(step: str, sent: Form, stored: Stored) -> FilledTemplate:
    """Return what a form of a step has sent, as rows of a template that says nothing else."""
    sheets = {key: FilledSheet("", {column.key: "" for column in sheet.columns}, {}) for key, sheet in SHEETS.items()}
    latest = stored.latest
    agreement: Mapping[str, Any] = {column.key: sent[column.key] for column in AGREEMENT.columns}
    if step == "annexes":
        agreement = _as_typed(AGREEMENT.columns, latest or {})
    if step != "places":
        rows: dict[int, dict[str, Cell]] = {at: {key: value} for at, (key, value) in enumerate(agreement.items(), 1)}
        sheets[AGREEMENT.key] = FilledSheet("", sheets[AGREEMENT.key].letters, rows)
    if step != AGREEMENT.key:
        row: dict[str, Cell] = {column.key: sent[column.key] for column in SHEETS[step].columns if sent[column.key]}
        sheets[step] = FilledSheet("", sheets[step].letters, {_ROW: row})
    return FilledTemplate(sheets, is_whole=False, opened=sent[OPENED])


def written(step: str, named: str, stored: Stored, choices: Choices, language: Language) -> dict[str, str]:
    """Return what a form of a step begins with: what is stored of the thing that is named, if there is such a thing."""
    latest = stored.latest
    if step == AGREEMENT.key:
        return _as_typed(AGREEMENT.columns, latest or {})
    columns = SHEETS[step].columns
    if step == "annexes":
        annexes = (latest or {}).get("annexes", ())
        found: Mapping[str, Any] = next((one for one in annexes if str(one["number"]) == named), {})
        typed = _as_typed(columns, found)
        return {**typed, OPENED: typed["number"], "theme": choices.names("theme", language).get(typed["theme"], "")}
    area = next((one for one in stored.areas.values() if one.name == named), None)
    if area is None:
        return dict.fromkeys((column.key for column in columns), "")
    last = area.valid.upper
    return {
        OPENED: area.code,
        "name": area.name,
        "kind": choices.names("placeKind", language).get(area.place_kind or area.kind, ""),
        "parent": next((stored.areas[one.code].name for one in area.parents if one.code in stored.areas), ""),
        "validFrom": str(area.valid.lower or ""),
        "validTo": str(date.fromordinal(last.toordinal() - 1)) if last else "",
    }


def present(step: str, stored: Stored) -> Sequence[tuple[str, str]]:
    """Return what there is to change in a step: by what it is called in an address, and on a page."""
    if step == "annexes":
        annexes = (stored.latest or {}).get("annexes", ())
        return [(str(one["number"]), f"{one['number']}. {one['title']}") for one in annexes]
    names = sorted((area.name for area in stored.areas.values()), key=name_sort_key)
    return [(name, name) for name in names] if step == "places" else []


def _as_typed(columns: Sequence[Column], entry: Mapping[str, Any]) -> dict[str, str]:
    values = {column.key: entry.get(column.key) for column in columns}
    return {
        key: "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
        for key, value in values.items()
    }


def status_of(*, has_faults: bool, has_changed: bool) -> HTTPStatus:
    """Return how a form that was not taken is answered."""
    if has_faults:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.CONFLICT if has_changed else HTTPStatus.OK
