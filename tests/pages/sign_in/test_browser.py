"""What a real browser makes of it: the cookie is kept from scripts, other sites' forms and frames come to nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from services.api.http.sessions import COOKIE
from tests.chromium import NEEDS_CHROMIUM
from tests.pages.people import find, invite

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
EVIL = "http://evil.example"
_ADD_SCRIPT = """() => {
    const script = document.createElement('script');
    script.text = 'document.title = 1';
    document.body.append(script);
}"""


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=address, locale="sv-SE", viewport={"width": 320, "height": 640}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_somebody_signs_in_and_out_by_buttons_alone(page: Page, context: BrowserContext, database_url: str) -> None:
    page.goto(invite(database_url).address)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url("**/rapportera")
    (cookie,) = (one for one in context.cookies() if one.get("name") == COOKIE)
    assert (cookie.get("httpOnly"), cookie.get("secure"), cookie.get("sameSite")) == (True, True, "Lax")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Logga ut").click()
    page.wait_for_url("**/logga-in")
    assert [one for one in context.cookies() if one.get("name") == COOKIE] == []
    page.goto("/rapportera")
    assert page.url.endswith("/logga-in?till=/rapportera")


def test_the_language_is_changed_without_losing_the_link(page: Page, database_url: str) -> None:
    address = invite(database_url).address
    page.goto(address)
    page.get_by_role("button", name="English").click()
    page.wait_for_url(f"**{address}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/rapportera")


@pytest.mark.parametrize("path", ["/mina-uppgifter", "/logga-ut", "/sprak"])
def test_the_form_of_another_site_changes_nothing(
    page: Page, context: BrowserContext, address: str, database_url: str, path: str
) -> None:
    anna = invite(database_url, "anna@kommun.example")
    _sign_in(page, anna.address)
    field = '<input name="name" value="Mallory"><button>Vinn</button>'
    form = f'<form method="post" action="{address}{path}">{field}</form>'
    context.route(f"{EVIL}/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto(f"{EVIL}/")
    with page.expect_response(f"{address}{path}") as answer:
        page.get_by_role("button", name="Vinn").click()
    assert answer.value.status == 403
    page.goto("/mina-uppgifter")
    assert page.get_by_text("anna@kommun.example").is_visible()
    person = find(database_url, anna.number)
    assert person is not None
    assert person.name is None


def test_no_other_site_shows_a_page_of_ours_inside_it(
    page: Page, context: BrowserContext, address: str, database_url: str
) -> None:
    _sign_in(page, invite(database_url).address)
    frame = f'<iframe src="{address}/mina-uppgifter" name="ours"></iframe>'
    context.route(f"{EVIL}/**", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(f"{EVIL}/")
    page.wait_for_load_state("networkidle")
    ours = page.frame("ours")
    assert ours is not None
    assert "Mina uppgifter" not in ours.content()


def test_a_script_in_a_name_does_not_run(page: Page, database_url: str) -> None:
    _sign_in(page, invite(database_url).address)
    page.goto("/mina-uppgifter")
    page.get_by_label("Ditt namn").fill("<img src=x onerror='document.title=1'>")
    page.get_by_role("button", name="Spara").click()
    page.wait_for_load_state("networkidle")
    assert page.get_by_label("Ditt namn").input_value() == "<img src=x onerror='document.title=1'>"
    assert page.title().startswith("Mina uppgifter")
    page.evaluate(_ADD_SCRIPT)  # as if one had got into the page all the same
    assert page.title().startswith("Mina uppgifter")


def _sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url("**/rapportera")
