"""The tables that a person reads: one for each annex, right at 100 columns, the year before where there is room."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console
from sqlalchemy import NullPool, create_engine

from services.cli.show import print_year
from shared.domain.wording import NO_BREAK_SPACE, Language
from tests.landskrona.files import document

ANNEXES = document("agreement-2015-2016.yaml")["annexes"]


@pytest.fixture
def printed(database_url: str) -> Callable[..., list[str]]:
    """Return what prints the year 2016 of an area, as lines."""

    def print_lines(width: int = 100, area: str = "1282", language: Language = Language.SV) -> list[str]:
        console = Console(record=True, width=width)
        with create_engine(database_url, poolclass=NullPool).connect() as connection:
            print_year(console, connection, area, 2016, language)
        return console.export_text().splitlines()

    return print_lines


def _cells(lines: list[str], start: str) -> list[str]:
    """Return the cells of the first line that starts so, but for the empty ones and its start."""
    line = next(line for line in lines if line.startswith(start))
    return [cell.strip() for cell in line.removeprefix(start).split("  ") if cell.strip()]


def test_every_annex_has_a_table_with_its_number_and_title(printed: Callable[..., list[str]]) -> None:
    titles = [line for line in printed() if line.startswith("Bilaga ")]
    assert titles == [f"Bilaga {annex['number']}: {annex['title']}" for annex in ANNEXES]
    titles = [line for line in printed(language=Language.EN) if line.startswith("Annex ")]
    assert titles == [f"Annex {annex['number']}: {annex['titleEn']}" for annex in ANNEXES]


def test_tertials_the_year_its_target_and_the_judgement_stand_in_a_row(printed: Callable[..., list[str]]) -> None:
    lines = printed()
    assert lines[0].split() == ["Landskrona", "(1282)", "2016"]
    assert _cells(lines, "Klottersaneringar") == ["30", "35", "30", "95", "högst 100", "nått"]
    below = lines[next(at for at, line in enumerate(lines) if line.startswith("Klottersaneringar")) + 1]
    assert below.split() == ["färre", "än", "året", "före", "nått"]


def test_a_share_stands_with_what_it_is_a_share_of(printed: Callable[..., list[str]]) -> None:
    lines = printed(160)
    at = next(at for at, line in enumerate(lines) if line.startswith("Klottersanering påbörjad i tid"))
    assert lines[at + 1].split() == ["29/32", "31/36", "+1", "26/30", "+1", "86/98", "+2", "+2,1", "till", "+22,9"]


def test_an_indicator_of_two_annexes_stands_in_each_by_its_own_part(printed: Callable[..., list[str]]) -> None:
    rows = [line.split()[1:5] for line in printed(160) if line.startswith("Utbildningar  ")]
    assert rows == [["9", "3", "9", "21"], ["0", "1", "1", "2"]]
    assert _cells(printed(160), "Utbildningar, totalt") == ["9", "4", "11", "24"]
    assert _cells(printed(160), "Utbildningar, ungdomar")[:4] == ["0", "1", "0", "1"]


def test_hidden_missing_and_preliminary_figures_are_told_apart_and_explained(printed: Callable[..., list[str]]) -> None:
    lines = printed(200)
    assert _cells(lines, "Ungdomar som motiverats till vård")[:4] == ["dolt", "dolt", "10*", "19*"]
    assert _cells(lines, "Trygga utomhus på kvällen")[:4] == ["saknas", "saknas", "saknas", f"60,5{NO_BREAK_SPACE}%"]
    at = next(at for at, line in enumerate(lines) if line.startswith("Anmälda skadegörelsebrott"))
    assert lines[at + 1].split() == ["3/4", "mån", "11/12", "mån"]
    values = ["T1 = jan–apr", "saknas:", "dolt:", "n/m mån:", "+n:", "* preliminärt", "° litet underlag:"]
    signs = [*values, "? ofullständigt:", "%-enh.:", "−25 till −5:", "År med värden:"]
    legend = lines[-len(signs) :]
    assert all(line.startswith(sign) for line, sign in zip(legend, signs, strict=True))


def test_what_has_no_target_stands_by_name_before_the_commitments(printed: Callable[..., list[str]]) -> None:
    first = printed()[: printed().index("Bilaga 2: Planarbetet")]
    untargeted = [
        "Avstått från aktivitet",
        "Fotpatrulleringar",
        "Företagsbesök",
        "Medborgardialoger",
    ]
    names = [*untargeted, "Trafikkontroller", "Uppfyllda åtaganden"]
    assert [name for line in first for name in names if line.startswith(name)] == names


def test_the_year_before_stands_beside_the_year_where_there_is_room(printed: Callable[..., list[str]]) -> None:
    assert _cells(printed(110), "Klottersaneringar")[3:6] == ["95", "112", f"−15,2{NO_BREAK_SPACE}%"]
    assert "%-enh." in "".join(printed(110))
    assert "Förändring" not in "".join(printed(109))


def test_words_and_numbers_are_whole_in_a_narrow_terminal(printed: Callable[..., list[str]]) -> None:
    # With fewer columns a long word is broken: values have signs, and numbers stay whole.
    cells = {cell.strip(" ") for line in printed(84) for cell in line.split("  ")}
    assert {"Informationskampanjer", "trygghetssamordnaren", "1\u202f150\u202f000", "minst 70\u00a0%"} <= cells


@pytest.mark.parametrize("width", [80, 100, 110])
@pytest.mark.parametrize("language", list(Language))
def test_no_line_is_wider_than_the_terminal(printed: Callable[..., list[str]], width: int, language: Language) -> None:
    assert max(cell_len(line) for line in printed(width, language=language)) <= width


def test_money_is_grouped_by_thin_spaces(printed: Callable[..., list[str]]) -> None:
    assert "1\N{NARROW NO-BREAK SPACE}082\N{NARROW NO-BREAK SPACE}650" in "".join(printed())


@pytest.mark.parametrize(
    ("area", "title"),
    [
        ("SE", "Bilaga 4: Attraktiv stad"),
        ("local-police-area-landskrona", "Bilaga 7: Kontaktpoliser"),
        ("1282-havsbrisskolan", "Bilaga 7: Kontaktpoliser"),
    ],
)
def test_areas_above_and_below_have_the_annexes_too(printed: Callable[..., list[str]], area: str, title: str) -> None:
    assert title in printed(area=area)
