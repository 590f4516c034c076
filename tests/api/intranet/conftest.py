"""The example page's surroundings: an intranet, a service with figures and an agreement, and a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Browser, Page

from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.intranet.server import Intranet, running
from tests.api.read_model import Value, put_values
from tests.chromium import launched
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

UNDER_100 = {"rule": "atMost", "per": "year", "value": 100}
ALL = {"rule": "atLeast", "per": "tertial", "value": 100}
FEWER = {"rule": "lessThanBefore", "per": "year", "judgement": "atRisk"}
HIDDEN = {"rule": "atMost", "per": "tertial", "value": 9, "judgement": "notJudged", "reason": "suppressed"}
ONE = {"rule": "atLeast", "per": "year", "value": 1, "judgement": "met"}
# Two annexes, sent in another order than that of their numbers.
AGREEMENT = {
    "title": "Överenskommelse",
    "validFrom": "2016-01-01",
    "validTo": "2016-12-31",
    "areas": ["1282"],
    "parties": ["Landskrona stad"],
    "annexes": [
        {"number": number, "theme": theme, "title": title, "validFrom": "2016-01-01", "validTo": "2016-12-31"}
        for number, theme, title in ((6, "drug-free-gyms", "Drogfri träning"), (4, "attractive-city", "Attraktiv stad"))
    ],
    "targets": [
        {"annex": annex, "indicator": indicator, "slice": part, "area": "1282", "rule": rule, "value": value}
        | {"per": "year", "validFrom": "2016-01-01", "validTo": "2016-12-31"}
        for annex, indicator, part, rule, value in (
            (6, "trainings", "drug-free-gyms-youth", "atLeast", 1),
            (4, "graffiti-cleanups", "all", "atMost", 100),
        )
    ],
}


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
            Value("care-referrals", "2016-T1", 3, status="suppressed", targets=(HIDDEN,)),
            Value("graffiti-cleanups", "2016", 106, targets=(UNDER_100 | {"judgement": "missed"}, FEWER)),
            Value("vandalism-cost", "2016-T3", 1234567.5),
            Value("vandalism-cost", "2016", None, status="missing"),
            Value("citizen-dialogues", "2014-T1", 1),
            *(
                Value("graffiti-cleanups", period, number, area=area)
                for area, periods in (("1283", ("2016-Q1", "2016-Q4")), ("1280", ("2016-H1", "2016-H2")))
                for number, period in enumerate((*periods, "2016"), 1)
            ),
            Value("trainings", "2016", 2, slice="drug-free-gyms"),
            Value("trainings", "2016", 1, slice="drug-free-gyms-youth", targets=(ONE,)),
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
def api(database_url: str, redis_url: str, elsewhere: Intranet, api_keys: Mapping[KeyScope, str]) -> Iterator[str]:
    settings = Settings(
        database_url=database_url, redis_url=redis_url, log_level="warning", cors_origins=(elsewhere.origin,)
    )
    with served(settings) as url:
        headers = {"Authorization": f"Bearer {api_keys[KeyScope.ADMINISTER]}"}
        followed = {"1283": ["halfYear", "quarter"], "1280": ["halfYear"]}
        others = [AGREEMENT | {"targets": [], "areas": [area], "rhythms": types} for area, types in followed.items()]
        for code, agreement in zip(("example", "by-quarters", "by-half-years"), (AGREEMENT, *others), strict=True):
            put = httpx.put(f"{url}/samverkan/v1/agreements/{code}", json=agreement, headers=headers)
            assert put.status_code == 201, put.text
        yield url


@pytest.fixture(scope="module")
def browser(api: str) -> Iterator[Browser]:
    """Return a browser, started when the database is filled: no other event loop can run in its thread."""
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(locale="sv-SE", viewport={"width": 1000, "height": 1400}) as context:
        yield context.new_page()
