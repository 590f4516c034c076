"""The example page of an intranet in a real browser: tables, CSV and picture, across origins and behind a gateway."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from rich.console import Console
from sqlalchemy import NullPool, create_engine

from services.cli.show import print_year
from shared.domain.wording import Language
from tests.api.intranet.expected import CAPTIONS, EXPECTED, FIVE, rows_of
from tests.api.intranet.server import (
    PAGE,
    SOURCE_OF_PICTURE,
    WIDTH_OF_PICTURE,
    Intranet,
    page_for,
    running,
)
from tests.chromium import NEEDS_CHROMIUM

pytestmark = NEEDS_CHROMIUM


def test_a_page_of_a_known_origin_shows_table_csv_and_picture(
    page: Page, api: str, key: str, elsewhere: Intranet, tmp_path: Path
) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_have_text(FIVE)
    expect(page.get_by_role("alert")).to_be_empty()
    assert rows_of(page) == EXPECTED
    assert page.locator("caption").all_inner_texts() == CAPTIONS
    expect(page.get_by_role("heading", level=1)).to_have_text("Så går det för överenskommelsen i Landskrona")

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Ladda ner tabellerna (CSV)").click()
    downloading.value.save_as(tmp_path / "figures.csv")
    assert downloading.value.suggested_filename == "samverkan-1282-2016.csv"
    with (tmp_path / "figures.csv").open(encoding="utf-8-sig", newline="") as lines:
        sheet = list(csv.reader(lines, delimiter=";"))
    assert sheet[0] == ["Bilaga", "Indikator", "Tertial 1", "Tertial 2", "Tertial 3", "2016", "Mål", "Bedömning"]
    assert [row[1:6] for row in sheet if row[1] == "Kostnad för skadegörelse (kr)"] == [
        ["Kostnad för skadegörelse (kr)", "", "", "1234567,5", "saknas"]
    ]
    assert sheet[1][:2] == ["Bilaga 4: Attraktiv stad", "Klottersaneringar"]
    assert sheet[1][6:] == ["Årsmål: högst 100; Årsmål: färre än året före", "inte nått; risk"]

    first = page.evaluate(SOURCE_OF_PICTURE)
    page.get_by_label("Indikator", exact=True).select_option("graffiti-started-in-time all")
    page.wait_for_function(f"{SOURCE_OF_PICTURE} !== '{first}' && {WIDTH_OF_PICTURE} > 0")
    assert page.evaluate(SOURCE_OF_PICTURE).startswith("blob:")
    expect(
        page.get_by_role("img", name="Diagram: Klottersanering påbörjad i tid per tertial i Landskrona")
    ).to_be_visible()


@pytest.mark.parametrize(
    ("area", "heads", "sheet_heads", "row", "per"),
    [
        (
            "1283",
            "kv 1,kv 2,kv 3,kv 4",
            "Kvartal 1,Kvartal 2,Kvartal 3,Kvartal 4",
            ["1", "", "", "2", "3"],
            "per kvartal",
        ),
        ("1280", "H1,H2", "Halvår 1,Halvår 2", ["1", "2", "3"], "per halvår"),
    ],
)
def test_a_year_is_published_by_the_rhythm_of_the_agreement(
    page: Page,
    api: str,
    key: str,
    elsewhere: Intranet,
    tmp_path: Path,
    area: str,
    heads: str,
    sheet_heads: str,
    row: list[str],
    per: str,
) -> None:
    elsewhere.page = page_for(api, key).replace(
        'name="samverkan-area" content="1282"', f'name="samverkan-area" content="{area}"'
    )
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_have_text("En indikator visas för 2016.")
    headings = page.locator("thead th").all_inner_texts()
    assert headings == ["Indikator", *heads.split(","), "2016", "Mål och bedömning"]
    assert rows_of(page) == [["Klottersaneringar", *row, ""]]
    expect(page.locator("header p")).to_contain_text(per)
    expect(page.locator("#periods")).to_contain_text(f"{heads.split(',', maxsplit=1)[0]} = januari–")
    expect(page.locator("#picture-told")).to_contain_text(per)
    page.wait_for_function(f"{WIDTH_OF_PICTURE} > 0")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Ladda ner tabellerna (CSV)").click()
    downloading.value.save_as(tmp_path / "figures.csv")
    sheet = (tmp_path / "figures.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert sheet.replace('"', "").split(";") == [
        "Bilaga",
        "Indikator",
        *sheet_heads.split(","),
        "2016",
        "Mål",
        "Bedömning",
    ]


def test_the_browser_keeps_the_figures_from_a_page_of_an_unknown_origin(page: Page, api: str, key: str) -> None:
    refusals: list[str] = []
    page.on("console", lambda line: refusals.append(line.text))
    with running(Intranet(page_for(api, key))) as stranger:
        page.goto(f"{stranger.origin}/?year=2016")
        expect(page.get_by_role("alert")).to_contain_text("Siffrorna kan inte hämtas just nu. Försök igen om en stund.")
        assert rows_of(page) == []
        assert not page.evaluate(WIDTH_OF_PICTURE)
    assert any("blocked by CORS policy" in line for line in refusals)


def test_behind_a_gateway_the_page_has_no_key_and_the_picture_is_a_plain_image(page: Page, api: str, key: str) -> None:
    with running(Intranet(PAGE, gateway_to=api, key=key)) as intranet:
        assert key not in PAGE
        page.goto(f"{intranet.origin}/?year=2016")
        page.wait_for_function(f"{WIDTH_OF_PICTURE} > 0")
        assert rows_of(page) == EXPECTED
        assert page.evaluate(SOURCE_OF_PICTURE).startswith(
            f"{intranet.origin}/samverkan/v1/indicator-values/chart.svg?"
        )


def test_trials_b24_what_the_service_refuses_is_told_in_swedish(
    page: Page, api: str, key: str, elsewhere: Intranet
) -> None:
    """By the problem's type, in words for who reads the page: no English, and no address of the API."""
    elsewhere.page = page_for(api, "no-key-in-force")
    page.goto(f"{elsewhere.origin}/?year=2016")
    message = "Siffrorna kunde inte hämtas (fel 401). Sidan saknar en giltig nyckel till tjänsten."
    expect(page.get_by_role("alert")).to_have_text(message)
    elsewhere.page = page_for(api, key).replace(
        'name="samverkan-area" content="1282"', 'name="samverkan-area" content="1299"'
    )
    page.goto(f"{elsewhere.origin}/?year=2016")
    message = "Siffrorna kunde inte hämtas (fel 400). Det finns inget område med koden 1299. Kontrollera koden."
    expect(page.get_by_role("alert")).to_have_text(message)


def test_trials_a6_the_page_says_of_targets_what_the_terminal_says(
    page: Page, api: str, key: str, elsewhere: Intranet, database_url: str
) -> None:
    console = Console(record=True, width=200)
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        print_year(console, connection, "1282", 2016, Language.SV)
    printed = [" ".join(line.split()) for line in console.export_text().replace("\xa0", " ").splitlines()]
    # Why one is not judged is in a footnote there.
    assert printed[-1] == "¹ inte bedömt, värdet är dolt"
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_have_text(FIVE)
    compared = 0
    for row in rows_of(page):
        for target in filter(None, row[-1].split("\n")):
            _, asked, judgement = target.split(": ")
            first, *others = judgement.replace(", värdet är dolt", "¹").split("; ")
            assert any(line.endswith(f"{asked} {first}") for line in printed), (target, printed)
            assert all(any(line.endswith(other) for line in printed) for other in others), (target, printed)
            compared += 1
    assert compared == 5


def test_the_page_can_be_used_by_keyboard_alone(page: Page, api: str, key: str, elsewhere: Intranet) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_contain_text("5 indikatorer")
    focused = []
    for _ in range(5):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id || document.activeElement.innerText || 'table'"))
    assert focused[0] == "Hoppa till värdena"
    assert focused[1] == "year"
    assert focused[2] == "Visa"
    assert focused[3:] == ["download", "indicator"]
    page.get_by_label("År").focus()
    page.keyboard.type("2015")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Det finns inga värden för 2015. Välj ett annat år.")
    assert rows_of(page) == []


def test_the_page_tells_its_parts_to_a_screen_reader(page: Page, api: str, key: str, elsewhere: Intranet) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    assert page.locator("html").get_attribute("lang") == "sv"
    for width in (1000, 320):
        page.set_viewport_size({"width": width, "height": 1400})
        table = page.get_by_role("table", name="Bilaga 4: Attraktiv stad")
        expect(table.get_by_role("columnheader")).to_have_count(6)
        expect(table.get_by_role("rowheader")).to_have_count(3)
    expect(page.get_by_role("heading", level=2)).to_have_text(["Värden", "Diagram"])


def test_text_stands_out_from_its_ground(page: Page, elsewhere: Intranet, api: str, key: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_contain_text("5 indikatorer")
    contrasts = page.evaluate(
        """() => {
          const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
          const light = (colour) => {
            const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(channel);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const colour = getComputedStyle(e).backgroundColor;
              if (colour !== "rgba(0, 0, 0, 0)") return colour;
            }
            return "rgb(255, 255, 255)";
          };
          return [...document.querySelectorAll("body *")].filter((e) => e.innerText?.trim()).map((e) => {
            const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort();
            return (b + 0.05) / (a + 0.05);
          });
        }"""
    )
    assert len(contrasts) > 30
    assert min(contrasts) >= 4.5
