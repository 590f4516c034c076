"""What is stored of a municipality as rows of the template: filled in, changed and sent again, it changes just that.

What a sheet cannot say of something stays as it is when the sheet comes back. So a row is left out that would say
something else: a kind or a role without a name, an owner of another agreement's annex.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from services.api.commitments.queries import newest
from services.api.pages.setup.choices import BY_PERCENT, NO, YES
from services.api.pages.setup.commitment_rows import NUMBERED
from services.api.pages.setup.layout import AGREEMENT
from services.api.pages.setup.stored import key_of, known_by
from shared.db.days import last_day
from shared.domain.followed import ANNEX, WHOLE
from shared.domain.matching import folded
from shared.domain.wording import name_sort_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from services.api.pages.setup.cell_values import Value
    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.stored import Stored
    from shared.domain.term import Term
    from shared.domain.wording import Language

Row = dict[str, "Value"]
# Whose things are told apart by what `Stored.items` knows them by.
_PARTS: Final = ("annexes", "targets", "commitments", "places", "roles", "terms")


class StoredRow(NamedTuple):
    """A row, with what `Stored.items` has its thing by, and what an address has for that."""

    known_by: Hashable
    row: dict[str, Any]
    key: str


def rows_of(stored: Stored, choices: TemplateChoices, language: Language) -> dict[str, list[Row]]:
    """Return the rows of each sheet; of agreements there are those of the one that ends last."""
    of, latest = _Rows(stored, choices, language), stored.latest
    rows = {part: [row for _, row in of.part(part)] for part in _PARTS}
    rows["people"] = [*of.people()]
    if latest is not None:
        rows[AGREEMENT.key] = [_dated({column.key: latest[column.key] for column in AGREEMENT.columns})]
        rows["followed"] = [*of.followed(latest)]
    return rows


def rows_of_part(part: str, stored: Stored, choices: TemplateChoices, language: Language) -> list[StoredRow]:
    """Return the rows of a sheet whose things can be changed one by one."""
    found = _Rows(stored, choices, language).part(part)
    return [StoredRow(known_by, row, _key_of(part, known_by)) for known_by, row in found]


def _key_of(part: str, known_by: Any) -> str:  # noqa: ANN401  as `Stored.items` has it
    """Return what an address has for a thing: an annex's number, a place's code, or what stands for a longer key."""
    if part == "annexes":
        return str(known_by[1])
    return str(known_by) if part == "places" else key_of(known_by)


def free_number(stored: Stored) -> int:
    """Return a number that no commitment of the latest agreement has."""
    taken = _numbers(stored.commitments[str(stored.latest["code"])]) if stored.latest else {}
    return max(taken.values(), default=0) + 1


def _numbers(commitments: Iterable[str]) -> dict[str, int]:
    """Return the numbers of commitments, by code; one that has none of the template's is given one that is free."""
    own = {code: int(found[1]) for code in commitments if (found := re.fullmatch(NUMBERED, code))}
    others = [code for code in commitments if code not in own]
    free = (number for number in count(1) if number not in own.values())
    return own | dict(zip(others, free, strict=False))


class _Rows:
    """Writes what is stored by the names that a sheet has for it."""

    def __init__(self, stored: Stored, choices: TemplateChoices, language: Language) -> None:
        self._stored = stored
        self._choices = choices
        self._language = language
        names = Counter(folded(area.name) for area in stored.areas.values())
        names[folded(stored.municipality.name)] += 1
        # What several have as their name, is told by its code.
        self._names = {
            code: area.name if names[folded(area.name)] == 1 else code for code, area in stored.areas.items()
        }

    def _name(self, source: str, code: object) -> str | None:
        return self._choices.names(source, self._language).get(str(code))

    def _area(self, code: str | None) -> str | None:
        """Return what an area is called; the municipality is meant where a cell is empty."""
        return None if code in {None, self._stored.municipality.code} else self._names.get(str(code))

    def part(self, part: str) -> list[tuple[Any, Row]]:
        """Return the rows of a part, each with what its thing is known by."""
        latest: Mapping[str, Any] = self._stored.latest or {"annexes": (), "targets": (), "code": None}
        code = latest["code"]
        match part:
            case "annexes":
                return [((code, one["number"]), self.annex(one)) for one in latest["annexes"]]
            case "targets":
                return [((code, *known_by(one)), self.target(one)) for one in latest["targets"]]
            case "commitments":
                return [*self.commitments(latest)] if code else []
            case "places":
                return [*self.places()]
            case "roles":
                return [*self.roles()]
            case _:
                return [(one.days.first, self.term(one)) for one in self._stored.terms]

    @staticmethod
    def term(term: Term) -> Row:
        """Return a term."""
        return {"name": term.name, "validFrom": term.days.first, "validTo": term.days.last}

    def places(self) -> Iterator[tuple[str, Row]]:
        """Yield the places by code, those that others lie in first, by name."""
        for code, area in sorted(
            self._stored.areas.items(), key=lambda one: (one[1].kind == "place", name_sort_key(one[1].name))
        ):
            kind = self._name("placeKind", area.place_kind or area.kind)
            if kind is None or self._names[code] != area.name:
                continue
            inside = [one for one in area.parents if one.code in self._stored.areas]
            is_whole = len(inside) == 1 and (inside[0].valid.lower, inside[0].valid.upper) == (
                area.valid.lower,
                area.valid.upper,
            )
            yield (
                code,
                {
                    "name": area.name,
                    "kind": kind,
                    "parent": self._area(inside[0].code) if is_whole else None,
                    "validFrom": area.valid.lower,
                    "validTo": last_day(area.valid),
                },
            )

    def roles(self) -> Iterator[tuple[tuple[str, str, date], Row]]:
        """Yield the roles of places that have a name."""
        for code, spans in self._stored.roles.items():
            for one in spans:
                role = self._name("role", one.role)
                if role is not None and code in self._names:
                    row: Row = {"area": self._names[code], "role": role, "need": one.need}
                    yield (code, one.role, one.first), row | {"validFrom": one.first, "validTo": one.last}

    def people(self) -> Iterator[Row]:
        """Yield the people, each with each role."""
        code = self._stored.latest["code"] if self._stored.latest else None
        own = {self._stored.municipality.code, *self._stored.areas}
        for one in self._stored.people:
            for given in one.roles:
                if given.area in own and given.agreement in {None, code}:
                    yield {
                        "email": one.email,
                        "name": one.name,
                        "role": self._name("personRole", given.role),
                        "area": self._area(given.area),
                        "party": given.party,
                        "annex": given.annex,
                    }

    def annex(self, annex: Mapping[str, Any]) -> Row:
        """Return an annex; a theme of its own is none of the list's."""
        said = ("number", "title", "titleEn", "validFrom", "validTo", "purpose", "goals", "actions", "followUp")
        return _dated({name: annex[name] for name in said}) | {"theme": self._name("theme", annex["theme"])}

    def followed(self, agreement: Mapping[str, Any]) -> Iterator[Row]:
        """Yield what annexes follow, and the agreement itself."""
        for annex in (None, *agreement["annexes"]):
            listed = agreement["indicators"] if annex is None else annex["indicators"] or ()
            for one in listed:
                yield {"annex": None if annex is None else annex["number"], **self._series(one)}

    def target(self, target: Mapping[str, Any]) -> Row:
        """Return a target; one of several areas has them in one cell, each on a line."""
        by_percent = BY_PERCENT if target["percent"] is not None else ""
        areas = [self._names[code] for code in target["areas"]]
        said = ("annex", "upperValue", "validFrom", "validTo", "wording")
        return {
            **_dated({name: target[name] for name in said}),
            **self._series(target),
            "rule": self._name("rule", f"{target['rule']}{by_percent}"),
            "value": target["percent"] if by_percent else target["value"],
            "per": self._name("per", target["per"]),
            "area": "\n".join(areas) or self._area(target["area"]),
        }

    def _series(self, one: Mapping[str, Any]) -> Row:
        """Return an indicator, whole or a part; what an annex alone has of it is the whole, counted for the annex."""
        named = self._name("series", f"{one['indicator']}/{one['slice']}")
        if named is not None:
            return {"indicator": named, "counted": self._name("counted", WHOLE)}
        return {
            "indicator": self._name("series", f"{one['indicator']}/{WHOLE}"),
            "counted": self._name("counted", ANNEX),
        }

    def commitments(self, agreement: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Row]]:
        """Yield an agreement's commitments."""
        commitments = self._stored.commitments[str(agreement["code"])]
        parties, numbers = {*map(folded, agreement["parties"])}, _numbers(commitments)
        for code, one in commitments.items():
            noted = newest(one["followUps"]) or {}
            types: Sequence[str] = (one["selection"] or {}).get("activityTypes") or ()
            row: Row = {
                **{name: one[name] for name in ("wording", "wordingEn", "annex", "times")},
                "party": one["party"] if folded(one["party"]) in parties else None,
                "number": numbers[code],
                "promise": self._name("yesNo", YES if one["promise"] else NO),
                "area": self._area(one["areas"][0]) if len(one["areas"]) == 1 else None,
                "dueOn": _day(one.get("dueOn")),
                "every": self._name("every", (one["recurrence"] or {}).get("every")),
                "activityType": self._name("activityType", types[0]) if len(types) == 1 else None,
                "status": self._name("status", noted.get("status")),
                "notedOn": _day(noted.get("notedOn")),
            }
            yield (str(agreement["code"]), code), row


def _dated(fields: Mapping[str, Any]) -> Row:
    """Return fields of a document with their days as days."""
    return {name: _day(value) if name in {"validFrom", "validTo"} else value for name, value in fields.items()}


def _day(written: object) -> date | None:
    return date.fromisoformat(str(written)) if written else None
