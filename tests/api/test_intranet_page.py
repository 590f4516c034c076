"""The example page of an intranet in a real browser: table, CSV and picture, across origins and behind a gateway."""

from __future__ import annotations

import csv
import os
import shutil
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.read_model import Value, put_values
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PAGE = (Path(__file__).parents[2] / "deploy" / "intranet" / "index.html").read_text(encoding="utf-8")
# CHROMIUM makes a missing browser an error: where all is checked, nothing is skipped in silence.
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
UNDER_100 = {"rule": "atMost", "per": "year", "value": 100}
ALL = {"rule": "atLeast", "per": "tertial", "value": 100}
SOURCE_OF_PICTURE = "document.getElementById('picture').src"
WIDTH_OF_PICTURE = "document.getElementById('picture').naturalWidth"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium: install Debian's package chromium, or name the program in CHROMIUM"
)


class Intranet(ThreadingHTTPServer):
    """Serves the page, and as a gateway what lies under /samverkan/, with the key of its own."""

    def __init__(self, page: str = "", *, gateway_to: str = "", key: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.page, self.gateway_to, self.key = page, gateway_to, key

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Request(BaseHTTPRequestHandler):
    server: Intranet

    def do_GET(self) -> None:
        if self.path.startswith("/samverkan/") and self.server.gateway_to:
            headers = {
                "Authorization": f"Bearer {self.server.key}",
                "Accept": self.headers["Accept"],
                "Forwarded": f"host={self.headers['Host']};proto=http",
            }
            asked = urllib.request.Request(self.server.gateway_to + self.path, headers=headers)
            with urllib.request.urlopen(asked) as answer:
                self._answer(answer.headers["Content-Type"], answer.read())
        elif self.path.startswith("/?"):
            self._answer("text/html; charset=utf-8", self.server.page.encode())
        else:
            self.send_error(404)

    def _answer(self, media_type: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def running(intranet: Intranet) -> Iterator[Intranet]:
    thread = Thread(target=intranet.serve_forever)
    thread.start()
    try:
        yield intranet
    finally:
        intranet.shutdown()
        thread.join()
        intranet.server_close()


def page_for(api: str, key: str) -> str:
    """Return the page with its settings filled in."""
    html = PAGE.replace('name="samverkan-api" content=""', f'name="samverkan-api" content="{api}"')
    html = html.replace('name="samverkan-key" content=""', f'name="samverkan-key" content="{key}"')
    assert html != PAGE
    return html


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    put_values(
        url,
        [
            *(
                Value("graffiti-cleanups", period, number, targets=(UNDER_100 | {"judgement": judgement},))
                for period, number, judgement in (
                    ("2016-T1", 31, "onCourse"),
                    ("2016-T2", 40, "atRisk"),
                    ("2016-T3", 35, "missed"),
                )
            ),
            *(
                Value("graffiti-started-in-time", period, number, 3, targets=(ALL | {"judgement": judgement},))
                for period, number, judgement in (("2016-T1", 2, "missed"), ("2016-T2", 3, "met"))
            ),
            Value("care-referrals", "2016-T1", 3, status="suppressed"),
            Value("vandalism-cost", "2016-T3", 1234567.5),
        ],
    )
    return url


@pytest.fixture(scope="module")
def key(api_keys: Mapping[KeyScope, str]) -> str:
    """Return the only kind of key that a page may have."""
    return api_keys[KeyScope.READ]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Intranet]:
    """Return an intranet whose origin the service knows."""
    with running(Intranet()) as intranet:
        yield intranet


@pytest.fixture(scope="module")
def api(database_url: str, redis_url: str, elsewhere: Intranet) -> Iterator[str]:
    settings = Settings(
        database_url=database_url, redis_url=redis_url, log_level="warning", cors_origins=(elsewhere.origin,)
    )
    with served(settings) as url:
        yield url


@pytest.fixture(scope="module")
def browser(api: str) -> Iterator[Browser]:
    """Return a browser, started when the database is filled: no other event loop can run in its thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="sv-SE", viewport={"width": 1000, "height": 1400}) as context:
        yield context.new_page()


def rows_of(page: Page) -> list[list[str]]:
    rows = page.locator("tbody tr").all()
    return [[text.replace("\xa0", " ") for text in row.locator("th, td").all_inner_texts()] for row in rows]


EXPECTED = [
    ["Motiverade till vård", "dolt", "–", "–", "", ""],
    ["Klottersaneringar", "31", "40", "35", "högst 100 per år", "ej nått"],
    ["Klotter påbörjat i tid", "66,7 %", "100 %", "–", "minst 100 % per tertial", "nått"],
    ["Kostnad för skadegörelse", "–", "–", "1 234 567,5 kr", "", ""],
]


def test_a_page_of_a_known_origin_shows_table_csv_and_picture(
    page: Page, api: str, key: str, elsewhere: Intranet, tmp_path: Path
) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_have_text("4 indikatorer visas för 2016.")
    expect(page.get_by_role("alert")).to_be_empty()
    assert rows_of(page) == EXPECTED
    expect(page.get_by_role("heading", level=1)).to_have_text("Samverkan i Landskrona")

    with page.expect_download() as downloading:
        page.get_by_role("button", name="Ladda ner som CSV").click()
    downloading.value.save_as(tmp_path / "figures.csv")
    assert downloading.value.suggested_filename == "samverkan-1282-2016.csv"
    with (tmp_path / "figures.csv").open(encoding="utf-8-sig", newline="") as lines:
        sheet = [
            (row["areaName.sv"], row["indicatorCode"], row["period"], row["value"]) for row in csv.DictReader(lines)
        ]
    assert ("Landskrona", "graffiti-cleanups", "2016-T2", "40") in sheet
    assert ("Landskrona", "care-referrals", "2016-T1", "") in sheet

    first = page.evaluate(SOURCE_OF_PICTURE)
    page.get_by_label("Indikator", exact=True).select_option("graffiti-cleanups")
    page.wait_for_function(f"{SOURCE_OF_PICTURE} !== '{first}' && {WIDTH_OF_PICTURE} > 0")
    assert page.evaluate(SOURCE_OF_PICTURE).startswith("blob:")
    expect(page.get_by_role("img", name="Diagram över Klottersaneringar per tertial")).to_be_visible()


def test_the_browser_keeps_the_figures_from_a_page_of_an_unknown_origin(page: Page, api: str, key: str) -> None:
    refusals: list[str] = []
    page.on("console", lambda line: refusals.append(line.text))
    with running(Intranet(page_for(api, key))) as stranger:
        page.goto(f"{stranger.origin}/?year=2016")
        expect(page.get_by_role("alert")).to_contain_text("Samverkan kan inte nås")
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


def test_what_the_service_refuses_is_told(page: Page, api: str, elsewhere: Intranet) -> None:
    elsewhere.page = page_for(api, "no-key-in-force")
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("alert")).to_contain_text("Samverkan svarade 401: Send an API key that is in force")


def test_the_page_can_be_used_by_keyboard_alone(page: Page, api: str, key: str, elsewhere: Intranet) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_contain_text("4 indikatorer")
    focused = []
    for _ in range(6):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id || document.activeElement.innerText || 'table'"))
    assert focused[0] == "Hoppa till siffrorna"
    assert focused[1] == "year"
    assert focused[2] == "Visa"
    assert focused[4:] == ["download", "indicator"]
    page.get_by_label("År").focus()
    page.keyboard.type("2015")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("för 2015")
    assert rows_of(page) == []


def test_the_page_tells_its_parts_to_a_screen_reader(page: Page, api: str, key: str, elsewhere: Intranet) -> None:
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    assert page.locator("html").get_attribute("lang") == "sv"
    table = page.get_by_role("table", name="Indikatorer per tertial 2016, med mål och bedömning")
    expect(table.get_by_role("columnheader")).to_have_count(6)
    expect(table.get_by_role("rowheader")).to_have_count(4)
    expect(page.get_by_role("heading", level=2)).to_have_text(["Siffror", "Bild"])


def test_text_stands_out_from_its_ground(page: Page, elsewhere: Intranet, api: str, key: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    elsewhere.page = page_for(api, key)
    page.goto(f"{elsewhere.origin}/?year=2016")
    expect(page.get_by_role("status")).to_contain_text("4 indikatorer")
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
