"""`trials B17`: OpenUI5's model of OData V4, as it is, reads and pages in a real browser, from another origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.odata.star import put_star
from tests.chromium import NEEDS_CHROMIUM, launched
from tests.conftest import served
from tests.node_packages import node_packages

PAGE = """<!DOCTYPE html><html lang="sv"><meta charset="utf-8"><title>OpenUI5</title>
<script src="/ui5loader.js"></script><script src="/ui5loader-autoconfig.js"></script></html>"""
# A list read in pages, as a table of OpenUI5 does, and single rows by way of it.
READ = """
async ([serviceUrl, key, path, parameters, length]) => {
    const ODataModel = await new Promise((found, failed) =>
        sap.ui.require(["sap/ui/model/odata/v4/ODataModel"], found, failed));
    const model = new ODataModel({ serviceUrl, httpHeaders: { Authorization: `Bearer ${key}` } });
    const list = model.bindList(path, undefined, [], [], parameters);
    const rows = [];
    for (let from = 0; ; from += length) {
        const contexts = await list.requestContexts(from, length);
        for (const context of contexts) rows.push(context.getObject());
        if (contexts.length < length) break;
    }
    return { rows, count: list.getHeaderContext().getProperty("$count") };
}
"""
ROW = """
async ([serviceUrl, key, path]) => {
    const ODataModel = await new Promise((found, failed) =>
        sap.ui.require(["sap/ui/model/odata/v4/ODataModel"], found, failed));
    const model = new ODataModel({ serviceUrl, httpHeaders: { Authorization: `Bearer ${key}` } });
    return model.bindContext(path).requestObject();
}
"""

pytestmark = NEEDS_CHROMIUM


class _Files(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve the page and OpenUI5 from a folder meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with _serving(node_packages("@openui5/sap.ui.core") / "@openui5" / "sap.ui.core" / "src") as origin:
        yield origin


@pytest.fixture(scope="module")
def service(origin: str, landskrona_database: Callable[[], str], redis_url: str) -> Iterator[str]:
    url = landskrona_database()
    put_star(url, kinds=("country", "county"))
    settings = Settings(database_url=url, redis_url=redis_url, log_level="warning", cors_origins=(origin,))
    with served(settings) as address:
        yield f"{address}{ROOT}/"


@pytest.fixture(scope="module")
def browser(service: str) -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser, origin: str) -> Page:
    page = browser.new_page()
    page.goto(origin)
    return page


@pytest.fixture(scope="module")
def key(api_keys: Mapping[KeyScope, str]) -> str:
    return api_keys[KeyScope.READ]


def test_it_reads_and_pages_with_its_default_group(page: Page, service: str, key: str) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108  the library marks the function
    parameters = {
        "$count": True,
        "$select": "id,period,numerator",
        "$expand": {"Area": {"$select": "code,nameSv"}},
        "$filter": "indicatorCode eq 'graffiti-cleanups' and periodType eq 'month'",
        "$orderby": "Area/nameSv,period",
    }
    read: dict[str, Any] = page.evaluate(READ, [service, key, "/IndicatorValues", parameters, 50])
    assert read["count"] == len(read["rows"]) == 12 * 22
    assert len({row["id"] for row in read["rows"]}) == 12 * 22
    names = [row["Area"]["nameSv"] for row in read["rows"]]
    assert (names[0], names[-1]) == ("Blekinge län", "Östergötlands län")
    figures = [row["numerator"] for row in read["rows"] if row["numerator"] is not None]
    # Decimals are text to it, so that no digit is lost.
    assert figures
    assert all(isinstance(figure, str) for figure in figures)
    batches = [request for request in sent if request.url.endswith("/$batch") and request.method == "POST"]
    assert len(batches) >= 6
    assert all("multipart/mixed" in request.headers["content-type"] for request in batches)
    reads = [request for request in sent if "IndicatorValues" in request.url]
    assert reads == []


def test_an_address_that_would_be_too_long_is_read_too(page: Page, service: str, key: str) -> None:
    codes = ",".join(f"'{number:04}'" for number in range(600))
    parameters = {"$filter": f"code in ({codes})", "$select": "code"}
    read = page.evaluate(READ, [service, key, "/Areas", parameters, 100])
    assert {row["code"] for row in read["rows"]} >= {"0114", "0180", "0580"}


def test_a_row_is_read_by_its_key(page: Page, service: str, key: str) -> None:
    row = page.evaluate(ROW, [service, key, "/IndicatorValues('graffiti-cleanups~all~SE~2016')"])
    assert (row["areaCode"], row["period"]) == ("SE", "2016")


def test_a_fault_is_told_in_its_own_words(page: Page, service: str, key: str) -> None:
    with pytest.raises(Exception, match="no property of this name"):
        page.evaluate(READ, [service, key, "/Areas", {"$filter": "unknown eq 1"}, 10])
