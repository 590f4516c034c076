"""What the codes of a value are called, in Swedish and English: its indicator, slice, area and unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from services.api.values.queries import area_names, rows_of
from shared.domain.activity_type import Wording
from shared.domain.wording import Language, name_of_slice

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue

Names = Mapping[str, Wording]
"""What a value's codes are called, by NAMES."""

Key = tuple[str, str, str, str | None]
"""The codes of a value's indicator, slice, area and unit; without a unit it is the definition's."""

NAMES = ("indicatorName", "sliceName", "areaName", "unitName")

_WHOLE = Wording(sv="totalt", en="in total")
UNITS = {
    "count": Wording(sv="antal", en="number"),
    "SEK": Wording(sv="kronor", en="Swedish kronor"),
    "percent": Wording(sv="procent", en="percent"),
    "mean": Wording(sv="medelvärde", en="mean"),
    "hours": Wording(sv="timmar", en="hours"),
    "days": Wording(sv="dagar", en="days"),
}
_OWN_UNIT = Wording(sv="egen enhet", en="unit of its own")
THEME_NAMES = {
    "visible-police": Wording(sv="synlig polis", en="visible police"),
    "planning": Wording(sv="samhällsplanering", en="planning"),
    "safety-walks": Wording(sv="trygghetsvandringar", en="safety walks"),
    "attractive-city": Wording(sv="attraktiv stad", en="attractive city"),
    "drugs-and-tobacco": Wording(sv="narkotika och tobak", en="drugs and tobacco"),
    "drug-free-gyms": Wording(sv="drogfri träning", en="drug-free gyms"),
    "contact-officers": Wording(sv="kontaktpoliser", en="contact officers"),
    "school-social-police": Wording(sv="skola, socialtjänst och polis", en="school, social services and police"),
    "online-abuse": Wording(sv="kränkningar på nätet", en="online harassment"),
    "close-relationship-violence": Wording(sv="våld i nära relationer", en="violence in close relationships"),
}


def name_of_unit(unit: str) -> Wording:
    """Return what a unit is called; how a measure's own one was, which a definition has no more, is not known."""
    return UNITS.get(unit, _OWN_UNIT)


def names_of(
    catalogue: Catalogue,
    indicator: str,
    part: str,
    area: Wording,
    annex_title: Wording | None = None,
    unit: str | None = None,
) -> Names:
    """Return the names of a value; a definition that is just gone leaves its code as name.

    `annex_title` is what the area's own agreement calls the annex whose slice it is. `unit` is the value's, where it is
    not the definition's.
    """
    definition = catalogue.series.get((indicator, part))
    if definition is None:
        gone = Wording(sv=indicator, en=indicator)
        return dict(zip(NAMES, (gone, Wording(sv=part, en=part), area, gone), strict=True))
    unit_name = definition.unit_name or UNITS[definition.unit]
    if unit is not None and unit != definition.unit:
        unit_name = name_of_unit(unit)
    of_slice = annex_title or _slice_name(catalogue, definition, part)
    return dict(zip(NAMES, (definition.name, of_slice, area, unit_name), strict=True))


def with_names(value: str, names: Names, wanted: Sequence[str]) -> str:
    """Return a value, which is JSON text, with the names that are wanted behind its fields."""
    fields = orjson.dumps({name: names[name].model_dump() for name in wanted})[1:].decode()
    return f"{value[:-1]}{',' if len(value) > len('{}') else ''}{fields}"


def _slice_name(catalogue: Catalogue, definition: IndicatorDefinition, part: str) -> Wording:
    """Return what a slice selects: an annex, those of a theme, attributes, or both."""
    if part == "all":
        return _WHOLE
    selection = catalogue.indicators[definition.code].slices_by_code[part]
    theme = THEME_NAMES[selection.annex] if selection.annex else None
    if not selection.attributes:
        return theme or selection.name or Wording(sv=part, en=part)
    activity_type = catalogue.activity_types[definition.activity_types[0]]
    sv, en = (
        name_of_slice(whole, selection.name, selection.attributes, activity_type, language).removeprefix(", ")
        for language, whole in (
            (Language.SV, theme.sv if theme else ""),
            (Language.EN, theme.en if theme else ""),
        )
    )
    return Wording(sv=sv, en=en)


async def names_of_values(
    connection: AsyncConnection, catalogue: Catalogue, keys: Collection[Key], areas: dict[str, Wording]
) -> dict[Key, Names]:
    """Return the names of values by their codes; `areas` are the names that are known, to which others are added."""
    if unknown := {area for _, _, area, _ in keys} - areas.keys():
        areas |= await area_names(connection, unknown)
    titles = await _titles(connection, [key for key in keys if _is_of_annex(catalogue, key)])
    return {key: names_of(catalogue, *key[:2], areas[key[2]], titles.get(key[1:3]), unit=key[3]) for key in keys}


def _is_of_annex(catalogue: Catalogue, key: Key) -> bool:
    definition = catalogue.series.get((key[0], key[1]))
    return definition is not None and definition.selects.annex_code is not None


async def _titles(connection: AsyncConnection, keys: Iterable[Key]) -> dict[tuple[str, str], Wording]:
    """Return the titles of annexes, by the code of their slice, in the areas of the agreements that have them."""
    asked = {(part, area) for _, part, area, _ in keys}
    if not asked:
        return {}
    codes = {"slices": [*{part for part, _ in asked}], "areas": [*{area for _, area in asked}]}
    return {(part, area): Wording(sv=sv, en=en) for part, area, sv, en in await rows_of(connection, _TITLES, codes)}


# Several agreements may call an annex the same: an area's own is the first of those that cover it.
_TITLES = """SELECT DISTINCT ON (annex.code, area.code) annex.code, area.code, annex.title,
                    coalesce(annex.title_en, annex.title)
             FROM area JOIN area_closure ON descendant_id = area.area_id
             JOIN agreement_area ON agreement_area.area_id = ancestor_id
             JOIN agreement USING (agreement_id) JOIN annex USING (agreement_id)
             WHERE area.code = ANY(%(areas)s) AND annex.code = ANY(%(slices)s)
             ORDER BY annex.code, area.code, agreement.code, annex.number"""
