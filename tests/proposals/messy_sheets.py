"""Sheets as people keep them by hand: drawn at random from kinds of mess, each with what it really says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from services.api.imports.proposals.context import Context, KnownAnnex, KnownPlace
from shared.catalogue.loader import shipped_catalogue
from shared.files.cells import Cell, DateCell, NumberCell, text_of

TODAY: Final = date(2016, 12, 31)
ANNEXES: Final = (
    KnownAnnex("avtal/3", "Trygghet", date(2015, 1, 1), date(2016, 12, 31), frozenset({"safety-walk", "foot-patrol"})),
    KnownAnnex("avtal/4", "Klotter", date(2015, 1, 1), date(2016, 12, 31), frozenset({"graffiti-cleanup"})),
    KnownAnnex("avtal/7", "Skola", date(2015, 1, 1), date(2016, 12, 31), frozenset({"school-visit", "training"})),
)
SCHOOLS: Final = ("Lindängsskolan", "Havsbrisskolan", "Kornblomsskolan", "Ljungbacksskolan", "Ekhagsgymnasiet")
PARKS: Final = ("Karlslund", "Lindparken", "Kvarnparken", "Fyrparken", "Fiskartorget", "Norra torget", "Centrum")


def context() -> Context:
    """Return what the municipality of the sheets has; two of its places have one name."""
    places = [KnownPlace(f"1282-{at}", name, name, "school") for at, name in enumerate(SCHOOLS)]
    places += [KnownPlace(f"1282-p{at}", name, name, "park") for at, name in enumerate(PARKS)]
    places.append(KnownPlace("1282-c", "Centrum", "Centrum (stadsdel)", "district"))
    places.append(KnownPlace("1282", "Landskrona", "Landskrona"))
    asked = ("safety-walk", "foot-patrol", "graffiti-cleanup", "school-visit", "training", "dog-search")
    types = {code: one for code, one in shipped_catalogue().activity_types.items() if code in asked}
    return Context(types, places, ANNEXES, TODAY)


@dataclass(slots=True)
class MessySheet:
    """A sheet, with what it really says: fields by header, days by cell, places by word, and where its table is."""

    name: str
    activity_type: str
    rows: list[list[Cell]]
    header_row: int
    last_row: int
    fields: dict[int, str]
    days: dict[str, date] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    mess: set[str] = field(default_factory=set)

    def as_csv(self, delimiter: str, charset: str) -> bytes:
        """Return the sheet as a text file."""
        return "\r\n".join(delimiter.join(map(text_of, row)) for row in self.rows).encode(charset)


@dataclass(slots=True)
class _Column:
    headers: Sequence[str]
    field: str
    cell: Callable[[random.Random, MessySheet, date, str], Cell]


def _number(_low: int, high: int) -> Callable[[random.Random, MessySheet, date, str], Cell]:
    return lambda draw, _sheet, _day, _place: NumberCell(draw.randint(_low, high))


def _text(*words: str) -> Callable[[random.Random, MessySheet, date, str], Cell]:
    return lambda draw, _sheet, _day, _place: draw.choice(words)


KINDS: Final = {
    "safety-walk": (
        ("Trygghetsvandringar 2016", "Trygghetsvandring, sammanställning 2016"),
        PARKS,
        (
            _Column(("Boende", "Antal boende", "Residents"), "participants.residents", _number(3, 40)),
            _Column(("Poliser", "Polis", "Police"), "participants.police", _number(0, 3)),
        ),
    ),
    # Of whom the number is, is said nowhere.
    "training": (
        ("Utbildning 2016", "Utbildningar 2016"),
        SCHOOLS,
        (_Column(("Antal deltagare", "Deltagare", "Antal personer", "Participants"), "participants", _number(3, 40)),),
    ),
    "school-visit": (
        ("Skolbesök 2016", "Skolbesök kontaktpolis 2016"),
        SCHOOLS,
        (
            _Column(("Elever", "Antal elever", "Pupils"), "participants.pupils", _number(5, 60)),
            _Column(("Rektor", "Rektorer"), "participants.principals", _number(0, 2)),
        ),
    ),
    "graffiti-cleanup": (
        ("Klottersanering 2016", "Klottersaneringar gatukontoret 2016", "Klotter 2016"),
        PARKS,
        (
            _Column(("Kostnad", "Kostnad (kr)", "Cost"), "cost", _number(200, 900)),
            _Column(
                ("Typ av klotter", "Type of graffiti"),
                "attributes.contentKind",
                _text("rasistiskt", "annat klotter", "sexistiskt"),
            ),
        ),
    ),
    "foot-patrol": (
        ("Fotpatrull 2016", "Fotpatrullering 2016"),
        PARKS,
        (_Column(("Poliser", "Antal poliser"), "participants.police", _number(1, 4)),),
    ),
}
ASIDES: Final = (
    _Column(("Ansvarig", "Handläggare", "Kontaktperson"), "ignore", _text("A.B.", "Per", "Kim")),
    _Column(("Kommentar", "Anteckningar", "Comments"), "note", _text("Regn", "Bra stämning", "", "Flytta lampan")),
    _Column(("Nr", "Löpnr", "#"), "ignore", _number(1, 400)),
    _Column(("Väder",), "ignore", _text("sol", "regn", "mulet")),
)
MESS: Final = (
    *("title", "sums", "gaps", "year-less dates", "mixed dates", "weeks", "english", "misspelt places"),
    *("two headers", "asides", "months", "foot note"),
)


def messy_sheet(seed: int) -> MessySheet:
    """Return the sheet of a seed."""
    draw = random.Random(seed)
    activity_type = draw.choice([*KINDS])
    titles, places, own = KINDS[activity_type]
    mess = set(draw.sample(MESS, draw.randint(3, 6)))
    if "weeks" in mess:
        mess -= {"year-less dates", "mixed dates"}
    sheet = MessySheet(draw.choice(titles), activity_type, [], 0, 0, {}, mess=mess)
    columns = [_date_column(draw, sheet), _place_column(sheet), *own]
    columns += draw.sample(ASIDES, 2) if "asides" in mess else []
    draw.shuffle(columns)
    if "title" in mess:
        sheet.rows += [[sheet.name], [], [f"Uppdaterad av kommunen {draw.randint(1, 9)} gånger"]]
    if "two headers" in mess:
        groups: list[Cell] = ["Var och när", *[""] * (len(columns) - 2), "Uppgifter"]
        sheet.rows.append(groups)
    sheet.rows.append([_header(draw, column, english="english" in mess) for column in columns])
    sheet.header_row = len(sheet.rows)
    sheet.fields = {at: column.field for at, column in enumerate(columns)}
    _fill(draw, sheet, columns, places)
    if "sums" in mess:
        total = ["", *[NumberCell(99) if one.field.startswith("participants") else "" for one in columns[1:]]]
        sheet.rows.append(["Summa", *total[1:]])
    if "foot note" in mess:
        sheet.rows += [[], ["Källa: egen uppföljning"]]
    return sheet


def _header(draw: random.Random, column: _Column, *, english: bool) -> str:
    return column.headers[-1] if english else draw.choice(column.headers)


def _fill(draw: random.Random, sheet: MessySheet, columns: Sequence[_Column], places: Sequence[str]) -> None:
    day, month = date(2016, 1, draw.randint(3, 20)), 0
    for _ in range(draw.randint(8, 40)):
        if "months" in sheet.mess and day.month != month:
            month = day.month
            sheet.rows.append([("Januari", "Februari", "Mars", "April", "Maj", "Juni")[min(5, month - 1)]])
        if "gaps" in sheet.mess and draw.random() < 0.2:
            sheet.rows.append([])
        sheet.rows.append([column.cell(draw, sheet, day, draw.choice(places)) for column in columns])
        sheet.last_row = len(sheet.rows)
        day = min(day + timedelta(days=draw.randint(1, 8)), date(2016, 6, 30))


def _date_column(draw: random.Random, sheet: MessySheet) -> _Column:
    case = sheet.activity_type == "graffiti-cleanup"
    headers: Sequence[str] = ("Sanerat", "Åtgärdat", "Completed") if case else ("Datum", "När", "Date")
    name = "completed" if case else "start"
    if "weeks" in sheet.mess and not case:
        form = draw.choice(("v. {}", "v{}", "vecka {}"))
        return _Column(("Vecka", "Vecka", "Week"), name, lambda _d, one, day, _p: _week(one, day, form))
    forms = ["%Y-%m-%d"]
    if "year-less dates" in sheet.mess:
        forms = [draw.choice(("%d/%m", "%-d/%-m"))]
    elif "mixed dates" in sheet.mess:
        forms = ["%Y-%m-%d", draw.choice(("%d/%m/%Y", "%-d/%-m %Y", "%y%m%d")), "typed", "serial"]
    return _Column(headers, name, lambda one_draw, one, day, _p: _date(one_draw, one, day, forms))


def _week(sheet: MessySheet, day: date, form: str) -> Cell:
    text = form.format(day.isocalendar().week)
    sheet.days[text] = day - timedelta(days=day.weekday())
    return text


def _date(draw: random.Random, sheet: MessySheet, day: date, forms: Sequence[str]) -> Cell:
    form = draw.choice(forms)
    if form == "typed":
        return DateCell(day)
    cell: Cell = NumberCell((day - date(1899, 12, 30)).days) if form == "serial" else day.strftime(form)
    sheet.days[text_of(cell)] = day
    return cell


def _place_column(sheet: MessySheet) -> _Column:
    headers = ("Skola", "Plats", "School") if sheet.activity_type == "school-visit" else ("Plats", "Område", "Place")
    return _Column(headers, "area", lambda draw, one, _day, place: _place(draw, one, place))


def _place(draw: random.Random, sheet: MessySheet, place: str) -> Cell:
    word = place
    if "misspelt places" in sheet.mess and draw.random() < 0.3:
        at = draw.randrange(2, len(place) - 1)
        word = place[:at] + place[at + 1 :] if draw.random() < 0.5 else f"{place}, entrén"
    sheet.places[word] = place
    return word
