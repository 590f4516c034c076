"""The pages for people, in a real browser: where to begin, and the specification with its examples to try."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from tests.chromium import NEEDS_CHROMIUM, launched
from tests.conftest import BASE_URL, served
from tests.extent import IS_LONG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.settings import Settings

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    with served(settings) as address:
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Return a page that may ask nobody but the service."""
    # The service is asked by the name that its specification gives it.
    named = f"--host-resolver-rules=MAP {urlsplit(BASE_URL).hostname}:80 {urlsplit(address).netloc}"
    with launched(named) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        elsewhere: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(BASE_URL) else elsewhere.append(request.url))
        yield page
        assert [url for url in elsewhere if not url.startswith("data:")] == []


def test_the_key_is_entered_once_and_an_operation_tried(
    page: Page, address: str, api_keys: Mapping[KeyScope, str]
) -> None:
    """`trials F5`. In a sample the page has the operations of areas alone: to draw all of them takes it long."""
    if not IS_LONG:
        document = httpx.get(f"{address}{BASE}/openapi.json", timeout=60).json()
        document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/areas")}
        page.route("**/openapi.json", lambda route: route.fulfill(json=document))
    page.goto(f"{BASE_URL}/samverkan/v1/docs")
    expect(page.locator("#operations-tag-areas")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".modal-ux")
    dialog.locator("input").fill(api_keys[KeyScope.READ])
    dialog.locator("button.authorize").click()
    dialog.locator("button.btn-done").click()
    page.reload()
    page.locator("#operations-tag-areas").click(timeout=60_000)
    operation = page.locator("#operations-areas-showArea")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("areaCode").fill("1282")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", {"/samverkan/v1/docs", "/samverkan/v1"}),
        ("/samverkan/v1", {"/samverkan/v1/docs", "/samverkan/v1/openapi.yaml", "/health/ready"}),
    ],
)
def test_a_start_page_leads_to_what_there_is(page: Page, address: str, path: str, found: set[str]) -> None:
    """`trials F2`: where people begin, and where systems do."""
    page.goto(BASE_URL + path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Samverkan")
    links = {link.get_attribute("href") for link in page.get_by_role("link").all()}
    assert found <= links
    for link in links:
        assert httpx.get(f"{address}{link}", timeout=60).status_code in {200, 503}, link
