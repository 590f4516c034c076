"""Cells that a form has corrected: those of rows that are known, and that hold something else now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.imports.corrections import position_of
from services.api.imports.mappings.content import MOST_CORRECTIONS, Correction
from services.api.pages.faults import text_of
from services.api.pages.texts import translator
from services.api.pages.upload.report import rows_by_number, text_in
from services.api.pages.upload.sheet_form import LONGEST_CORRECTION, cell_field, cell_of, corrections_of
from shared.domain.free_text import answerable, text_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.api.pages.forms import Form
    from services.api.pages.upload.work import Work
    from shared.domain.wording import Language


def corrections_in(form: Form, work: Work) -> dict[str, Correction]:
    """Return all corrected cells of a file by their names: those of before, and what a form says of others.

    What a cell held is left out where that is personal data.
    """
    rows, found = rows_by_number(work), corrections_of(work.answers)
    for key, content in form.items():
        name = cell_of(key)
        position = position_of(name) if name else None
        if name is None or position is None or position[0] not in rows:
            continue
        former, becomes = text_in(rows[position[0]], position[1]), content
        if becomes != former.strip():
            was = found[name].was if name in found else answerable(former[:LONGEST_CORRECTION])
            found[name] = Correction(was=was, becomes=becomes)
    return found


def faults_of(corrections: Mapping[str, Correction], language: Language) -> list[tuple[str, str]]:
    """Return what may not be kept of corrected cells: more than are kept, told of the last one."""
    if len(corrections) <= MOST_CORRECTIONS:
        return []
    last = cell_field(next(reversed([*corrections])))
    return [(last, translator(language)("upload.fault.corrections", most=MOST_CORRECTIONS))]


def faults_in(form: Form, language: Language) -> list[tuple[str, str]]:
    """Return what may not be kept of what a form says of cells: personal data, and what is too long."""
    sent = [(key, content) for key, content in form.items() if cell_of(key)]
    t = translator(language)
    too_long = [key for key, content in sent if len(content) > LONGEST_CORRECTION]
    return [
        *((key, t("upload.fault.tooLong", most=LONGEST_CORRECTION)) for key in too_long),
        *((fault.field, text_of(fault, language, t)) for fault in text_faults(sent)),
    ]
