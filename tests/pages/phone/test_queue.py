"""What is reported without a network is kept on the phone, and arrives exactly once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect
from sqlalchemy import NullPool, create_engine, text

from tests.chromium import NEEDS_CHROMIUM
from tests.extent import ONLY_LONG
from tests.pages.links import link_for
from tests.pages.phone.network import Fault, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [NEEDS_CHROMIUM, pytest.mark.long]

FORM = "/rapportera/school-visit"
SENT = 20_000  # ms until what waits must have arrived


@pytest.fixture
def arrived(database_url: str) -> Iterator[Callable[[], list[str]]]:
    """Return what lists the days of the reports that have arrived; they are removed before and after."""
    engine = create_engine(database_url, poolclass=NullPool)

    def days() -> list[str]:
        with engine.connect() as connection:
            statement = text("SELECT start_on::text FROM activity WHERE source = 'form' ORDER BY 1")
            return [*connection.execute(statement).scalars()]

    yield days
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM activity WHERE source = 'form'"))


@pytest.fixture
def phone(network: Network, link: str, open_phone: Callable[[], BrowserContext]) -> Iterator[Page]:
    """Return the page of a phone whose reporter has signed in and has seen the form once."""
    network.fault, network.is_flapping = Fault.NONE, False
    page = open_phone().new_page()
    page.goto(link)
    page.click("main button.main")
    page.wait_for_url("**/rapportera")
    page.evaluate("navigator.serviceWorker.ready")
    page.goto(network.address + FORM)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(network.address + FORM)
    yield page
    network.fault, network.is_flapping = Fault.NONE, False


def _report(page: Page, address: str, day: str) -> None:
    page.goto(address + FORM)
    page.fill("#place", "Havsbrisskolan")
    page.fill("#start", day)
    page.click("main form button.main")


def _waiting(page: Page, count: int) -> None:
    heading = page.locator("#waiting h2")
    expect(heading).to_have_text(
        "1 rapport väntar på att skickas" if count == 1 else f"{count} rapporter väntar på att skickas"
    )


def _expect_arrived(page: Page, arrived: Callable[[], list[str]], days: list[str]) -> None:
    """Wait until the reports have arrived; then nothing waits, and nothing arrives any more."""
    for _ in range(SENT // 200):
        if arrived() == days:
            break
        page.wait_for_timeout(200)
    expect(page.locator("#waiting")).to_be_hidden(timeout=SENT)
    page.wait_for_timeout(500)
    assert arrived() == days


def test_three_reports_are_kept_over_reload_and_restart_and_arrive_once(
    network: Network, phone: Page, open_phone: Callable[[], BrowserContext], arrived: Callable[[], list[str]]
) -> None:
    days = ["2016-12-05", "2016-12-06", "2016-12-07"]
    network.fault = Fault.AWAY
    for count, day in enumerate(days, 1):
        _report(phone, network.address, day)
        _waiting(phone, count)
    phone.reload()
    _waiting(phone, 3)
    restarted = open_phone().new_page()
    restarted.goto(network.address + FORM)
    _waiting(restarted, 3)
    assert arrived() == []
    network.fault = Fault.NONE
    restarted.goto(network.address + "/rapportera")
    _expect_arrived(restarted, arrived, days)


def test_what_arrived_without_an_answer_is_not_stored_twice(
    network: Network, phone: Page, arrived: Callable[[], list[str]]
) -> None:
    phone.fill("#place", "Havsbrisskolan")
    phone.fill("#start", "2016-12-08")
    network.fault = Fault.NO_ANSWER
    phone.click("main form button.main")
    _waiting(phone, 1)
    assert arrived() == ["2016-12-08"]
    network.fault = Fault.NONE
    phone.goto(network.address + "/rapportera")
    _expect_arrived(phone, arrived, ["2016-12-08"])


@ONLY_LONG  # each fault of the network is met by itself above
def test_all_arrive_once_while_the_network_comes_and_goes(
    network: Network, phone: Page, arrived: Callable[[], list[str]]
) -> None:
    days = [f"2016-12-{day:02}" for day in range(12, 17)]
    network.is_flapping = True
    for day in days:
        _report(phone, network.address, day)
        expect(phone.locator("[data-receipt], #waiting:not([hidden]) h2").first).to_be_visible(timeout=SENT)
    network.is_flapping = False
    # A form that has just been answered may take the phone elsewhere meanwhile.
    with suppress(Error):
        phone.goto(network.address + "/rapportera")
    phone.goto(network.address + "/rapportera")
    _expect_arrived(phone, arrived, days)


def test_what_waits_while_signed_out_is_sent_after_signing_in(
    network: Network, phone: Page, database_url: str, link: str, arrived: Callable[[], list[str]]
) -> None:
    phone.fill("#place", "Havsbrisskolan")
    phone.fill("#start", "2016-12-19")
    network.fault = Fault.AWAY
    phone.click("main form button.main")
    _waiting(phone, 1)
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DELETE FROM web_session"))
    network.fault = Fault.NONE
    phone.goto(network.address + FORM)
    assert phone.url.startswith(f"{network.address}/logga-in")
    assert arrived() == []
    phone.goto(link_for(database_url, network.address))
    phone.click("main button.main")
    _expect_arrived(phone, arrived, ["2016-12-19"])


def test_what_cannot_be_stored_says_so_and_keeps_what_was_filled_in(
    network: Network, phone: Page, arrived: Callable[[], list[str]]
) -> None:
    phone.fill("#place", "Havsbrisskolan")
    phone.fill("#start", "2031-01-01")
    network.fault = Fault.AWAY
    phone.click("main form button.main")
    _waiting(phone, 1)
    network.fault = Fault.NONE
    phone.goto(network.address + "/rapportera")
    expect(phone.locator("#waiting")).to_contain_text("Något behöver rättas", timeout=SENT)
    phone.get_by_role("button", name="Öppna").click()
    expect(phone.locator(".faults")).to_contain_text("Dagen har inte varit än")
    assert phone.input_value("#place") == "Havsbrisskolan"
    phone.fill("#start", "2016-12-20")
    phone.click("main form button.main")
    expect(phone.locator("[data-receipt]")).to_be_visible(timeout=SENT)
    phone.goto(network.address + "/rapportera")
    _expect_arrived(phone, arrived, ["2016-12-20"])
