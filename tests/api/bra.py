"""Brå's monthly table of reported crimes, in its own form, with made-up figures."""

from __future__ import annotations

import csv
import io
from importlib import resources
from typing import Any

import yaml

TOTAL, PERSON, LIFE, ASSAULT, DAMAGE, ROBBERY = "13192", "13194", "13195", "13197", "13216", "13268"
FIRST_LINE = (
    "År,Månad,Kvartal,Periodtyp,Periodetikett,Periodnyckel,Period_start,Period_slut,Preliminär,Kommun,Region_ID,Brott,"
    "Brott_ID,Brottsnivå,Förälder_ID,Förälder,Nivå1,Nivå2,Nivå3,Nivå4,Nivå5,Antal,Per100000,Status_Antal,"
    "Status_Per100000"
)
HEADER = next(csv.reader([FIRST_LINE]))


def mapping() -> dict[str, Any]:
    """Return the mapping that ships."""
    file = resources.files("shared.data") / "mappings" / "bra-months.yaml"
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def month(code: str, number: str, **changed: str) -> dict[str, str]:
    """Return a row of August 2026 in Luleå."""
    return {
        "År": "2026",
        "Månad": "8.0",
        "Periodtyp": "Månad",
        "Periodetikett": "2026 prel., Aug",
        "Periodnyckel": "202608",
        "Period_start": "2026-08-01",
        "Period_slut": "2026-08-31",
        "Preliminär": "True",
        "Kommun": "Luleå",
        "Region_ID": "8439",
        "Brott": "Brott mot brottsbalken, en kategori",
        "Brott_ID": code,
        "Antal": number,
        "Per100000": "78.0",
    } | changed


def quarter(code: str, number: str) -> dict[str, str]:
    """Return a row of the third quarter."""
    return month(code, number, Månad="", Kvartal="3.0", Periodtyp="Kvartal", Periodnyckel="2026Q3")


def year(code: str, number: str) -> dict[str, str]:
    """Return a row of the year before."""
    return month(code, number, År="2025", Månad="", Periodtyp="År", Periodnyckel="2025", Preliminär="False")


def table(*rows: dict[str, str]) -> bytes:
    """Return the rows as a CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
