"""The agreement of a template, as the document that `samverkan agreement` sends, and the cells of its fields."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from services.api.pages.setup.commitment_rows import commitments_of, documented, iso
from services.api.pages.setup.filled_in import CellPosition
from services.api.pages.setup.layout import AGREEMENT, SHEETS
from services.api.pages.setup.target_rows import key_of_target, series_of, targets_of
from shared.catalogue.indicator import THEMES
from shared.domain.codes import coded
from shared.domain.matching import folded
from shared.files.cells import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.api.pages.setup.cell_values import Value
    from services.api.pages.setup.places import TemplatePlaces
    from services.api.pages.setup.rows import Fields, RowReader
    from services.api.pages.setup.stored import Stored

_PLACE_IN_LIST: Final = re.compile(r"\[\d+\]$")
# What an annex that is about none of the themes is called by.
_OWN_THEME: Final = "annex-{}"
_LARGEST_ANNEX: Final = 999
_WIDEST: Final = {"validFrom": "1900-01-01", "validTo": "2199-12-31"}


class AgreementRows:
    """The agreement of a template; `document` is None where nothing is said of one, and `code` then that of the latest.

    `days` are its first and its last, and `cells` those of the document's fields, by their paths. `undated` are targets
    without days of their own: what is wrong with those of the annex or the agreement is said there.
    """

    def __init__(self, reader: RowReader, places: TemplatePlaces, stored: Stored) -> None:
        self.code = ""
        self.document: dict[str, Any] | None = None
        self.cells: dict[str, CellPosition] = {}
        self.undated: set[str] = set()
        self.parties: list[str] = []
        self._reader = reader
        self._places = places
        self._stored = stored
        # The first and last day of the agreement.
        self.days = [*_WIDEST.values()]
        fields = self._fields()
        self._is_said = fields is not None
        if fields is not None:
            self._add(fields)
        else:
            self.code = str(stored.latest["code"]) if stored.latest else ""

    def cell_of(self, path: str) -> CellPosition | None:
        """Return the cell that a field is from, or else that of what it is a part of."""
        while path:
            if path in self.cells:
                return self.cells[path]
            shorter = _PLACE_IN_LIST.sub("", path)
            path = shorter if shorter != path else path.rpartition(".")[0]
        return None

    def _fields(self) -> Fields | None:
        """Return the fields of the agreement; None where nothing at all is said of one."""
        fields: Fields = {column.key: None for column in AGREEMENT.columns}
        rows = self._reader.filled.sheets[AGREEMENT.key].rows
        for number, cells in rows.items():
            for key, cell in cells.items():
                column, place = AGREEMENT.column(key), CellPosition(AGREEMENT.key, number, key)
                self.cells.setdefault(key, place)
                value = self._reader.value(place, column, cell)
                if isinstance(value, list):
                    for party in value:
                        self.cells[f"parties[{len(self.parties)}]"] = place
                        self.parties.append(party)
                elif value is not None:
                    fields[key] = value
        fields["parties"] = self.parties or None
        # Where a day is at fault itself, nothing else is at fault for it.
        self.days = [iso(fields[key]) or widest for key, widest in _WIDEST.items()]
        tables = ("annexes", "followed", "targets", "commitments")
        if not self._reader.faults.keys() & {*self.cells.values()} and not any(
            [*fields.values(), *(self._reader.filled.sheets[table].rows for table in tables)]
        ):
            return None
        for column in AGREEMENT.columns:
            if column.is_required and fields[column.key] is None:
                named = self._reader.t(f"setup.column.{AGREEMENT.key}.{column.key}")
                self._reader.note(self.cells[column.key], "required", column=named)
        return fields

    def _add(self, fields: Fields) -> None:
        before = self._before(fields)
        self.code = str(before["code"]) if before else self._code_of_agreement(fields)
        unsaid = documented(before) if before and not self._reader.filled.is_whole else {}
        was = {one["number"]: one for one in unsaid.get("annexes", [])}
        annexes, followed = self._annexes(before), self._followed()
        for index, annex in enumerate(annexes):
            listed = followed.get(annex["number"]) if annex["number"] is not None else None
            annex["indicators"] = was[annex["number"]]["indicators"] if annex["number"] in was else listed
            if annex["indicators"] is None and annex["theme"] not in THEMES and not self._is_faulty(index):
                self._reader.note(self.cells[f"annexes[{index}].theme"], "noIndicators")
            for place in range(len(listed or ())):
                self.cells |= {
                    f"annexes[{index}].indicators[{place}]": self.cells[f"followed[{annex['number']}][{place}]"]
                }
        named = {annex["number"] for annex in annexes}
        annexes += [one for number, one in was.items() if number not in named]
        self.document = {
            "title": fields["title"],
            "caseNumber": fields["caseNumber"],
            "validFrom": iso(fields["validFrom"]),
            "validTo": iso(fields["validTo"]),
            "succeeds": before["succeeds"] if before else None,
            "areas": [self._stored.municipality.code],
            "parties": self.parties,
            **{name: before[name] for name in ("rhythms", "closing") if before},
            **({"closing": before["closing"]} if before else {}),
            "indicators": [*unsaid.get("indicators", []), *followed.get(None, [])],
            "annexes": annexes,
            "targets": [*targets_of(self, self._reader, self._places, annexes, before), *self._further_targets(before)],
            "commitments": commitments_of(
                self, self._reader, self._places, self._stored.commitments.get(self.code, {})
            ),
        }

    def _further_targets(self, before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """Return the stored targets that are not said here, and stay: of a form all but what it was opened with."""
        filled = self._reader.filled
        if before is None or filled.is_whole:
            return []
        return [documented(one) for one in before["targets"] if key_of_target(before, one) != filled.opened]

    def _is_faulty(self, annex: int) -> bool:
        """Tell whether the number of an annex is at fault: which rows are about it is not known then."""
        return self.cells[f"annexes[{annex}].number"] in self._reader.faults

    def _before(self, fields: Fields) -> Mapping[str, Any] | None:
        """Return the agreement that this one replaces: the one about some of the same days."""
        first, last = fields["validFrom"], fields["validTo"]
        if not isinstance(first, date) or not isinstance(last, date):
            return None
        found = [
            one
            for one in self._stored.agreements.values()
            if date.fromisoformat(str(one["validFrom"])) <= last and first <= date.fromisoformat(str(one["validTo"]))
        ]
        if len(found) > 1:
            found = [one for one in found if folded(one["title"]) == folded(str(fields["title"]))]
            if len(found) != 1:
                self._reader.note(self.cells["title"], "severalAgreements")
        return found[0] if found else None

    def _code_of_agreement(self, fields: Fields) -> str:
        years = dict.fromkeys(day.year for key in ("validFrom", "validTo") if isinstance(day := fields[key], date))
        return self._places.new_code("-".join((coded(self._stored.municipality.name), *map(str, years))))

    def put_cells(self, path: str, sheet: str, row: int) -> None:
        """Note which cells an entry and its fields are from."""
        self.cells[path] = CellPosition(sheet, row, SHEETS[sheet].columns[0].key)
        self.cells |= {f"{path}.{column.key}": CellPosition(sheet, row, column.key) for column in SHEETS[sheet].columns}

    def _annexes(self, before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        stored = {one["number"]: one for one in before["annexes"]} if before else {}
        found: list[dict[str, Any]] = []
        first: dict[Value, int] = {}
        for number, fields in self._reader.rows("annexes"):
            if fields["number"] is not None and fields["number"] in first:
                self._reader.note(CellPosition("annexes", number, "number"), "sameNumber", row=first[fields["number"]])
                # What else it says is judged by itself.
                fields["number"] = _LARGEST_ANNEX - len(found)
            opened = self._reader.filled.opened
            if opened.isdecimal() and int(opened) in stored and fields["number"] not in {None, int(opened)}:
                # What is reported under it names its number.
                self._reader.note(CellPosition("annexes", number, "number"), "keptNumber", number=opened)
            first.setdefault(fields["number"], number)
            self.put_cells(f"annexes[{len(found)}]", "annexes", number)
            was = stored.get(fields["number"], {})
            own = was.get("theme") if was.get("theme") not in THEMES else None
            theme = fields["theme"] or own or _OWN_THEME.format(fields["number"])
            is_as_before = was.get("theme") == theme and was.get("code") not in THEMES
            found.append(
                {
                    "number": fields["number"],
                    "theme": theme,
                    "code": was.get("code") if is_as_before else None,
                    "title": fields["title"],
                    "titleEn": fields["titleEn"],
                    "validFrom": iso(fields["validFrom"]) or self.days[0],
                    "validTo": iso(fields["validTo"]) or self.days[1],
                    "purpose": fields["purpose"] or "",
                    **{key: fields[key] or [] for key in ("goals", "actions", "followUp")},
                    "followUps": was.get("followUps", []),
                }
            )
        return found

    def _followed(self) -> dict[Value, list[dict[str, Any]]]:
        """Return what each annex follows, by number, and under None what the agreement itself does."""
        found: dict[Value, list[dict[str, Any]]] = {}
        for row, fields in self._reader.rows("followed"):
            annex: Value = self.annex(CellPosition("followed", row, "annex"), fields["annex"])
            if annex is None and fields["annex"] is not None:
                annex = str(fields["annex"])  # There is none, as is noted.
            listed = found.setdefault(annex, [])
            path = f"indicators[{len(listed)}]" if annex is None else f"followed[{annex}][{len(listed)}]"
            self.put_cells(path, "followed", row)
            listed.append(series_of(fields))
        return found

    def annex(self, place: CellPosition, named: Value) -> int | None:
        """Return the number of the annex that a cell names; one that there is not is noted."""
        if named is None:
            return None
        numbers = self._numbers()
        number = folded(str(named))
        if number not in numbers or not number.isdecimal():
            self._reader.note(place, "noAnnex")
            return None
        return int(number)

    def _numbers(self) -> set[str]:
        """Return the numbers of the annexes: of the file, or where it says nothing of an agreement, of the stored."""
        if not self._is_said:
            annexes = self._stored.agreements[self.code]["annexes"] if self.code else []
            return {str(one["number"]) for one in annexes}
        filled = self._reader.filled
        said = {folded(text_of(cells.get("number", ""))) for cells in filled.sheets["annexes"].rows.values()}
        stored = () if filled.is_whole else self._stored.agreements.get(self.code, {}).get("annexes", ())
        return said | {str(one["number"]) for one in stored}
