"""What the files say in words beside numbers: what became of targets, and what a value lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.pages.agreement.content import AgreementContent
    from services.api.pages.texts import Translate
    from shared.annex_tables.reading import PeriodColumn
    from shared.annex_tables.rows import TableRow


def heading_of(content: AgreementContent, t: Translate) -> str:
    """Return what a file is about."""
    return t("agreement.titleOf", area=content.area.name, year=content.tables.columns[-1].name)


def asked_in(row: TableRow) -> Sequence[str]:
    """Return what a row's targets ask for, one by one."""
    return [target.asked for target in row.targets]


def outcomes_in(row: TableRow) -> Sequence[str]:
    """Return what became of a row's targets, one by one, with why one is not judged, or what is expected."""
    return [", ".join(one.in_words for one in target.outcomes) for target in row.targets]


def remarks_on(row: TableRow, columns: Sequence[PeriodColumn], t: Translate) -> Iterator[str]:
    """Yield what else is to be known of a row's values, each with the columns that it is about."""
    named = [*zip((column.heading for column in columns), row.cells, strict=True)]
    if preliminary := [heading for heading, cell in named if cell.is_preliminary]:
        yield t("files.preliminary", periods=", ".join(preliminary))
    if apart := [f"{heading} {cell.left_out}" for heading, cell in named if cell.left_out]:
        yield t("files.apart", periods=", ".join(apart))
    if arrived := [f"{heading} {cell.arrived}" for heading, cell in named if cell.arrived]:
        yield t("files.arrived", periods=", ".join(arrived))
    if little := [heading for heading, cell in named if "little" in cell.lacks]:
        yield t("files.little", periods=", ".join(little))
    for kind in ("absent", "late"):
        if lacking := [f"{heading} {cell.lacks[kind]}" for heading, cell in named if kind in cell.lacks]:
            yield t(f"files.{kind}", periods=", ".join(lacking))
