"""The places of a template: which of them are stored already, what becomes of them, and what is called how."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from psycopg.types.range import DateRange

from services.api.pages.setup.cell_values import unknown
from services.api.pages.setup.choices import AREA_KINDS
from services.api.pages.setup.filled_in import CellPosition
from shared.db.days import days_from
from shared.domain.codes import coded
from shared.domain.matching import folded
from shared.facts.areas import Area, Parent

if TYPE_CHECKING:
    from services.api.pages.setup.cell_values import Value
    from services.api.pages.setup.rows import Fields, RowReader
    from services.api.pages.setup.stored import Stored

_LONGEST_PART: Final = 60


class TemplatePlaces:
    """The places of a template and of the municipality, by name; `areas` are to be written, each with its row.

    `unusable` are the codes of those that are named, and of which too little is said.
    """

    def __init__(self, reader: RowReader, stored: Stored, taken: frozenset[str]) -> None:
        self.areas: list[tuple[Area, int]] = []
        self.unusable: set[str] = set()
        self._reader = reader
        self._stored = stored
        self._taken = {*taken}
        # The code of each by its name; None where several have it.
        self._codes: dict[str, str | None] = {}
        self._names: list[str] = []
        self._add_places()

    def _add_places(self) -> None:
        by_name: dict[str, list[Area]] = {}
        for area in self._stored.areas.values():
            by_name.setdefault(folded(area.name), []).append(area)
        municipality = self._stored.municipality
        # What several have as their name can be told by its code.
        self._codes = {code: code for code in self._stored.areas}
        self._codes |= {name: areas[0].code if len(areas) == 1 else None for name, areas in by_name.items()}
        self._codes[folded(municipality.name)] = municipality.code
        self._names = [municipality.name, *(area.name for area in self._stored.areas.values())]
        rows, first = [*self._reader.rows("places")], dict[str, int]()
        for number, fields in rows:
            name = fields["name"]
            if not isinstance(name, str):
                continue
            if folded(name) == folded(municipality.name):
                self._reader.note(CellPosition("places", number, "name"), "municipalityName")
            elif folded(name) in first:
                self._reader.note(CellPosition("places", number, "name"), "sameName", row=first[folded(name)])
            else:
                first[folded(name)] = number
                self._names.append(name)
                alike = by_name.get(folded(name), [])
                self._codes[folded(name)] = self._code_of_opened(number, name, alike) or self._code_of_place(
                    name, str(fields["kind"]), alike
                )
        for number, fields in rows:
            if isinstance(fields["name"], str) and fields["kind"] is not None:
                self._add_place(number, fields["name"], str(fields["kind"]), fields)
        written = {area.code for area, _ in self.areas}
        named = {code for name in first if (code := self._codes[name]) is not None}
        self.unusable = named - written - self._stored.areas.keys()

    def _code_of_opened(self, row: int, name: str, alike: list[Area]) -> str | None:
        """Return the code of the place that a form was opened with: it has the name now, which none other may have."""
        opened = self._stored.areas.get(self._reader.filled.opened)
        if opened is None:
            return None
        if alike and folded(name) != folded(opened.name):
            self._reader.note(CellPosition("places", row, "name"), "takenName")
        return opened.code

    def _code_of_place(self, name: str, kind: str, alike: list[Area]) -> str:
        """Return the code of a stored place of the name, best one of the kind; or a new one."""
        same = [area for area in alike if kind in {area.kind, area.place_kind}]
        replaced = [area for area in same or alike if (area.kind == "place") == (kind not in AREA_KINDS)]
        if len(replaced) == 1:
            return replaced[0].code
        stem = coded(name)[:_LONGEST_PART].strip("-") or "plats"
        return self.new_code(f"{self._stored.municipality.code}-{stem}")

    def new_code(self, code: str) -> str:
        """Return a code that nothing has: this one, or one with a number behind it."""
        found = next(one for one in (code, *(f"{code}-{n}" for n in range(2, 10_000))) if one not in self._taken)
        self._taken.add(found)
        return found

    def _add_place(self, number: int, name: str, kind: str, fields: Fields) -> None:
        code = self._codes.get(folded(name))
        if code is None or code == self._stored.municipality.code:
            return
        before = self._stored.areas.get(code)
        first, last = fields["validFrom"], fields["validTo"]
        valid = _days(first, last)
        if before is not None and first is None and last is None:
            valid = DateRange(before.valid.lower, before.valid.upper)
        parent = self.code(CellPosition("places", number, "parent"), fields["parent"])
        parents = before.parents if before is not None and fields["parent"] is None else ()
        # Areas of the police around it stay as they are.
        inside = {self._stored.municipality.code, *self._stored.areas}
        if not parents and parent is not None:
            further = [one for one in (before.parents if before else ()) if one.code not in inside]
            parents = (Parent(parent, valid), *further)
        is_area = kind in AREA_KINDS
        area = Area(
            code=code,
            kind=kind if is_area else "place",
            place_kind=None if is_area else kind,
            name=name,
            name_en=before.name_en if before else None,
            valid=valid,
            parents=parents,
        )
        self.areas.append((area, number))

    def code(self, place: CellPosition, name: Value) -> str | None:
        """Return the code of the place that a cell names, the municipality where it is empty; None if there is none."""
        if name is None:
            return None if place in self._reader.faults else self._stored.municipality.code
        code = self._codes.get(folded(str(name)))
        if code is None:
            if folded(str(name)) in self._codes:
                self._reader.note(place, "severalPlaces")
            else:
                error = unknown("noPlace", str(name), self._names)
                self._reader.note(place, error.key, near=error.near)
        return code


def _days(first: Value, last: Value) -> DateRange:
    begins, ends = (day if isinstance(day, date) else None for day in (first, last))
    return days_from(begins, ends)
