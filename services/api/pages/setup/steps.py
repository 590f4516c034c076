"""A set-up step by step on pages: the agreement, or one thing of a part at a time, by the way that a template goes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from services.api.pages.setup.differences import in_order
from services.api.pages.setup.filled_in import FilledSheet, FilledTemplate
from services.api.pages.setup.layout import AGREEMENT, SHEETS, Input, TemplateColumn
from services.api.pages.setup.stored_rows import free_number, rows_of_part
from shared.domain.wording import name_sort_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.pages.forms import Form
    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.differences import Names
    from services.api.pages.setup.stored import Stored
    from services.api.pages.texts import Translate
    from shared.domain.wording import Language
    from shared.files.cells import Cell

STEPS = ("agreement", "annexes", "places", "targets", "commitments", "roles", "terms")
# Parts of an agreement, which has to be there.
OF_AGREEMENT: Final = frozenset({"annexes", "targets", "commitments"})
# What people need no word about: it is made, or stays as it was.
_HIDDEN: Final = {"commitments": frozenset({"number"})}
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


def fields_of(
    step: str, stored: Stored, choices: TemplateChoices, language: Language, t: Translate
) -> Iterator[StepField]:
    """Yield the fields of a step; what it has to choose from is sent by its name, as in a cell."""
    for column in SHEETS[step].columns:
        if column.key in _HIDDEN.get(step, ()):
            continue
        offered: list[tuple[str, str]] = []
        if column.input is Input.CHOICE:
            offered = [(name, name) for name in choices.names(column.source, language).values()]
        elif column.input is Input.REFERENCE:
            offered = _referred_to(column.source, stored)
        keys = (f"setup.stepHelp.{step}.{column.key}", f"setup.stepHelp.{column.key}")
        helping = next((t(key) for key in keys if t.knows(key)), "")
        yield StepField(
            column.key,
            t(f"setup.column.{step}.{column.key}"),
            helping or t(f"setup.help.{step}.{column.key}"),
            _INPUTS.get(column.input, "text"),
            column.is_required,
            offered,
        )


def _referred_to(source: str, stored: Stored) -> list[tuple[str, str]]:
    """Return what a field can refer to, each as a cell has it and as it is called."""
    latest: Mapping[str, Any] = stored.latest or {}
    if source == "annexes.number":
        return [(str(one["number"]), f"{one['number']}. {one['title']}") for one in latest.get("annexes", ())]
    if source == "agreement.parties":
        return [(name, name) for name in latest.get("parties", ())]
    return [(name, name) for name in sorted((area.name for area in stored.areas.values()), key=name_sort_key)]


def typed_in(step: str, sent: Form, stored: Stored) -> FilledTemplate:
    """Return what a form of a step has sent, as rows of a template that says nothing else."""
    sheets = {key: FilledSheet("", {column.key: "" for column in sheet.columns}, {}) for key, sheet in SHEETS.items()}
    latest = stored.latest
    agreement: Mapping[str, Any] = {column.key: sent[column.key] for column in AGREEMENT.columns}
    if step in OF_AGREEMENT:
        agreement = _as_typed(AGREEMENT.columns, latest or {})
    if step in OF_AGREEMENT or step == AGREEMENT.key:
        rows: dict[int, dict[str, Cell]] = {at: {key: value} for at, (key, value) in enumerate(agreement.items(), 1)}
        sheets[AGREEMENT.key] = FilledSheet("", sheets[AGREEMENT.key].letters, rows)
    if step != AGREEMENT.key:
        row: dict[str, Cell] = {column.key: sent[column.key] for column in SHEETS[step].columns if sent[column.key]}
        if step == "commitments":
            row["number"] = str(free_number(stored))
        sheets[step] = FilledSheet("", sheets[step].letters, {_ROW: row})
    return FilledTemplate(sheets, is_whole=False, opened=sent[OPENED])


def first_values(step: str, named: str, stored: Stored, choices: TemplateChoices, language: Language) -> dict[str, str]:
    """Return what a form of a step begins with: what is stored of the thing that is named, if there is such a thing."""
    if step == AGREEMENT.key:
        return _as_typed(AGREEMENT.columns, stored.latest or {})
    columns = SHEETS[step].columns
    rows = rows_of_part(step, stored, choices, language) if named else []
    # A place is known by its name to whoever writes an address by hand.
    found = next((one for one in rows if named == one.key or (step == "places" and named == one.row["name"])), None)
    if found is None:
        return dict.fromkeys((column.key for column in columns), "")
    return {**_as_typed(columns, found.row), OPENED: found.key}


def stored_things(step: str, stored: Stored, choices: TemplateChoices, names: Names) -> Sequence[tuple[str, str]]:
    """Return what there is to change in a step: by what it is called in an address, and on a page."""
    if step == AGREEMENT.key:
        return []
    items = stored.items(step)
    called = {one.known_by: one.key for one in rows_of_part(step, stored, choices, names.language)}
    listed = [(called[key], names.of(step, key, items[key], stored)) for key in items if key in called]
    return sorted(listed, key=lambda one: in_order(one[1]))


def _as_typed(columns: Sequence[TemplateColumn], entry: Mapping[str, Any]) -> dict[str, str]:
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
