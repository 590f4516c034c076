"""The targets of a template, as the document of their agreement has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.api.pages.setup.choices import BY_PERCENT
from services.api.pages.setup.commitment_rows import documented, iso
from services.api.pages.setup.filled_in import CellPosition
from services.api.pages.setup.stored import key_of, known_by
from shared.domain.followed import ANNEX, WHOLE
from shared.domain.matching import trimmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.setup.agreement_rows import AgreementRows
    from services.api.pages.setup.cell_values import Value
    from services.api.pages.setup.places import TemplatePlaces
    from services.api.pages.setup.rows import Fields, RowReader

# What tells targets apart, besides their areas and the part of the indicator.
_KNOWN_BY: Final = ("annex", "indicator", "rule", "per", "validFrom", "validTo")
# What the template has no cells for.
_UNSAID: Final = ("baseline", "tolerance", "perInhabitants")
_SEVERAL: Final = 2


def targets_of(
    agreement: AgreementRows,
    reader: RowReader,
    places: TemplatePlaces,
    annexes: Sequence[Mapping[str, Any]],
    before: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """Return the targets of a template; `before` is the agreement as it is stored, if it is."""
    by_number = {annex["number"]: annex for annex in annexes}
    found: list[dict[str, Any]] = []
    for row, fields in reader.rows("targets"):
        path = f"targets[{len(found)}]"
        agreement.put_cells(path, "targets", row)
        agreement.cells[f"{path}.slice"] = CellPosition("targets", row, "counted")
        agreement.cells[f"{path}.percent"] = CellPosition("targets", row, "value")
        annex = agreement.annex(CellPosition("targets", row, "annex"), fields["annex"])
        around = by_number.get(annex, {}) if annex is not None else {}
        if fields["validFrom"] is None and fields["validTo"] is None:
            agreement.undated.add(f"{path}.validFrom")
        rule = str(fields["rule"] or "")
        is_by_percent = rule.endswith(BY_PERCENT)
        target = {
            "annex": annex,
            **series_of(fields),
            **_areas(places, CellPosition("targets", row, "area"), fields["area"]),
            "rule": rule.removesuffix(BY_PERCENT),
            "value": None if is_by_percent else fields["value"],
            "percent": fields["value"] if is_by_percent else None,
            "upperValue": fields["upperValue"],
            "per": fields["per"],
            "validFrom": iso(fields["validFrom"]) or around.get("validFrom") or agreement.days[0],
            "validTo": iso(fields["validTo"]) or around.get("validTo") or agreement.days[1],
            "wording": fields["wording"],
        }
        found.append(target | _unsaid(target, reader, before))
        if is_by_percent and fields["value"] is None:
            reader.note(
                CellPosition("targets", row, "value"), "required", column=reader.t("setup.column.targets.value")
            )
    return found


def key_of_target(agreement: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """Return what the address of a stored target has for it."""
    return key_of((agreement["code"], *known_by(target)))


def series_of(fields: Fields) -> dict[str, Any]:
    """Return the indicator, and the part of it, that a row names."""
    indicator, _, part = str(fields["indicator"] or "").partition("/")
    return {"indicator": indicator, "slice": ANNEX if fields["counted"] == ANNEX else part or WHOLE}


def _areas(places: TemplatePlaces, place: CellPosition, named: Value) -> dict[str, Any]:
    """Return the area of a target, or several that a cell names, each on a line."""
    names = [line for line in map(trimmed, str(named or "").split("\n")) if line]
    if len(names) < _SEVERAL:
        return {"area": places.code(place, named)}
    return {"area": None, "areas": sorted(code for name in names if (code := places.code(place, name)))}


def _unsaid(target: Mapping[str, Any], reader: RowReader, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is stored of a target, and the template has no cells for."""
    opened = reader.filled.opened
    for stored in before["targets"] if before is not None else ():
        if key_of_target(before or {}, stored) == opened or _is_same(target, documented(stored), reader):
            return {name: documented(stored[name]) for name in _UNSAID}
    return {}


def _is_same(target: Mapping[str, Any], stored: Mapping[str, Any], reader: RowReader) -> bool:
    """Tell whether a row is about a stored target: what it is about, where and when, whatever it is to reach."""
    if any(target[name] != stored[name] for name in _KNOWN_BY) or target.get("areas", []) != stored["areas"]:
        return False
    if not stored["areas"] and target["area"] != stored["area"]:
        return False
    # What an annex alone has of an indicator is a part that no list names.
    series = f"{stored['indicator']}/{stored['slice']}"
    is_of_annex = series not in reader.choices.names("series", reader.language)
    return bool(target["slice"] == (ANNEX if is_of_annex else stored["slice"]))
