"""The commitments of a template, as the document of their agreement has them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from services.api.pages.setup.choices import YES
from services.api.pages.setup.filled_in import CellPosition
from services.api.pages.setup.stored import key_of
from shared.domain.matching import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.api.pages.setup.agreement_rows import AgreementRows
    from services.api.pages.setup.cell_values import Value
    from services.api.pages.setup.places import TemplatePlaces
    from services.api.pages.setup.rows import Fields, RowReader

_COMMITMENT: Final = "nr-{}"
NUMBERED: Final = r"nr-([1-9]\d{0,4})"
"""The codes of commitments that a template has made, by their numbers."""
_TOO_LARGE: Final = 100_000
# Where the party is at fault: what else is said of a commitment is judged all the same.
_NO_PARTY: Final = "–"
# What the template has no cells for.
_UNSAID: Final = ("withdrawnOn", "decisions", "eachArea")
# The columns of fields that are called otherwise.
_FURTHER_CELLS: Final = {
    "areas": "area",
    "parties": "party",
    "followUps": "notedOn",
    "recurrence": "every",
    "selection": "activityType",
    "fulfilledBy": "activityType",
}


def commitments_of(
    agreement: AgreementRows, reader: RowReader, places: TemplatePlaces, stored: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the commitments of a template; `stored` are those that there are of the agreement, by code."""
    by_wording = {folded(one["wording"]): code for code, one in stored.items()}
    parties = agreement.parties
    found: list[dict[str, Any]] = []
    first: dict[Value, int] = {}
    for row, fields in reader.rows("commitments"):
        path = f"commitments[{len(found)}]"
        agreement.put_cells(path, "commitments", row)
        _note_in_commitment(reader, row, fields, first, parties)
        # One whose number another has, is judged by itself.
        code = _COMMITMENT.format(fields["number"] if first[fields["number"]] == row else f"rad-{row}")
        code = code if code in stored else by_wording.get(folded(str(fields["wording"])), code)
        # What a form was opened with, whatever it says now.
        code = next((one for one in stored if key_of((agreement.code, one)) == reader.filled.opened), code)
        was = stored.get(code, {})
        unsaid = {name: documented(was[name]) for name in _UNSAID if name in was}
        agreement.cells |= {
            f"{path}.{name}": CellPosition("commitments", row, key) for name, key in _FURTHER_CELLS.items()
        }
        named = {folded(one): one for one in parties}
        # What is stored may be promised by others than the agreement's parties.
        party = named.get(folded(str(fields["party"] or next(iter(parties), ""))), _NO_PARTY)
        party = was["party"] if was and not fields["party"] else party
        found.append(
            {
                **unsaid,
                "code": code,
                "annex": agreement.annex(CellPosition("commitments", row, "annex"), fields["annex"]),
                "promise": fields["promise"] == YES,
                "party": party,
                "parties": was["parties"] if was and party in {was["party"], *was["parties"]} else [party],
                "wording": fields["wording"],
                "wordingEn": fields["wordingEn"],
                "times": fields["times"] or 1,
                "areas": [places.code(CellPosition("commitments", row, "area"), fields["area"])]
                if fields["area"] or not was
                else was["areas"],
                "dueOn": iso(fields["dueOn"]),
                "followUps": _follow_ups(fields, was),
                "recurrence": _recurrence(fields["every"], was),
                **_fulfilled_by(fields["activityType"], was),
            }
        )
    return found


def _note_in_commitment(
    reader: RowReader, row: int, fields: Fields, first: dict[Value, int], parties: list[str]
) -> None:
    number = fields["number"]
    if isinstance(number, int) and not 0 < number < _TOO_LARGE:
        reader.note(CellPosition("commitments", row, "number"), "whole")
    elif number is not None and number in first:
        reader.note(CellPosition("commitments", row, "number"), "sameNumber", row=first[number])
    first.setdefault(number, row)
    if fields["party"] is not None and folded(str(fields["party"])) not in map(folded, parties):
        reader.note(CellPosition("commitments", row, "party"), "noParty")
    if (fields["status"] is None) != (fields["notedOn"] is None):
        reader.note(CellPosition("commitments", row, "status"), "statusAndDay")


def _follow_ups(fields: Fields, was: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what has been noted of it: the stored, and what a row says that is not among that."""
    noted: list[dict[str, Any]] = documented(was.get("followUps", []))
    day, status = iso(fields["notedOn"]), fields["status"]
    if not status or not day or any((one["notedOn"], one["status"]) == (day, status) for one in noted):
        return noted
    return [*(one for one in noted if one["notedOn"] != day), {"notedOn": day, "status": status, "text": None}]


def _recurrence(every: Value, was: Mapping[str, Any]) -> object:
    """Return how often something is due; its first and last days stay where it is as often as before."""
    before = was.get("recurrence")
    if before and before["every"] == every:
        return documented(before)
    return {"every": every} if every else None


def _fulfilled_by(activity_type: Value, was: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fulfils it: as it is stored where no other type is named, which may be one of several."""
    before = was.get("selection")
    types = before["activityTypes"] if before else []
    is_as_before = types == [activity_type] if activity_type else len(types) != 1
    if was and is_as_before:
        return {"selection": documented(before), "fulfilledBy": was["fulfilledBy"]}
    return {"selection": {"activityTypes": [activity_type]} if activity_type else None}


def iso(day: Value) -> str | None:
    """Return a day as documents have it."""
    return day.isoformat() if isinstance(day, date) else None


def documented(value: Any) -> Any:  # noqa: ANN401  JSON
    """Return what was read of a document as it is sent: days as texts."""
    if isinstance(value, list):
        return [documented(one) for one in value]
    if isinstance(value, dict):
        return {name: documented(one) for name, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value
