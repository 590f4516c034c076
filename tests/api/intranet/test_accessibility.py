"""The example page and charts of every kind break no rule of axe-core: with values, without any, and with one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import expect

from services.api.values.charts.chart_data import ChartSubject, ChartValue
from services.api.values.charts.svg import compose
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language
from tests.api.intranet.server import WIDTH_OF_PICTURE, Intranet, page_for
from tests.chromium import NEEDS_CHROMIUM
from tests.extent import sample_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]

CATALOGUE = shipped_catalogue()
# One of each unit, drawn as bars or as a line.
DRAWN = (
    *("graffiti-cleanups", "graffiti-started-in-time", "mobile-office-days", "vandalism-cost", "waste-water-cannabis"),
)
TARGETS = ({"rule": "atMost", "per": "month", "value": 70, "judgement": "atRisk"},)
STATUSES = ("observed", "missing", "suppressed", "notApplicable")


def violations_on(browser: Browser, url: str, html: str, width: int, media: str, ready: str) -> list[str]:
    """Return what axe-core finds on a page, as rule and element."""
    scheme: Literal["dark", "light"] = "dark" if media == "dark" else "light"
    with browser.new_context(
        locale="sv-SE", viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    ) as context:
        page = context.new_page()
        if media == "print":
            page.emulate_media(media="print")
        if url:
            page.goto(url)
            expect(page.get_by_role("status")).to_contain_text(ready)
            if "indikator" in ready:
                page.wait_for_function(f"{WIDTH_OF_PICTURE} > 0")
        else:
            page.set_content(html)
        found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


MANY, ONE, NONE = ("2016", "5 indikatorer"), ("2014", "En indikator"), ("2015", "Det finns inga värden")


@pytest.mark.parametrize(
    ("width", "media", "year", "ready"),
    sample_of(
        [
            *((width, media, *MANY) for width in (320, 900) for media in ("light", "dark", "print")),
            *((320, "light", *few) for few in (ONE, NONE)),
            *((900, "dark", *few) for few in (NONE, ONE)),
        ],
        2,
    ),
)
def test_the_page_breaks_no_rule(
    browser: Browser, api: str, key: str, elsewhere: Intranet, width: int, media: str, year: str, ready: str
) -> None:
    elsewhere.page = page_for(api, key)
    assert violations_on(browser, f"{elsewhere.origin}/?year={year}", "", width, media, ready) == []


def _figures(filling: str) -> Sequence[ChartValue]:
    """Return figures of eight months: all, none, or only the first, with every reason for a gap."""
    period, figures = Period(PeriodType.MONTH, date(2016, 1, 1)), []
    for at in range(8):
        has_value = filling == "all" or (filling == "one" and at == 0)
        status = "observed" if has_value else STATUSES[1 + at % 3]
        value = Decimal(7 * (at + 1)) if has_value else None
        figures.append(ChartValue(period, status, "preliminary", value, None, value, TARGETS))
        period = period.next()
    return figures


@cache
def _charts(filling: str, width: int, codes: tuple[str, ...] = DRAWN) -> str:
    """Return a page with charts drawn as the service draws them."""
    drawn = []
    for code in codes:
        definition = CATALOGUE.indicators[code]
        subject = ChartSubject(definition.name.sv, "Landskrona", "antal", definition, "month", _figures(filling))
        drawn.append(f"<figure>{compose(subject, Language.SV, width, 360).svg.decode()}</figure>")
    style = "body { margin: 0; background: #fff; } figure { margin: 0; }"
    head = f'<!doctype html><html lang="sv"><head><title>Diagram</title><style>{style}</style></head>'
    return f"{head}<body><main><h1>Diagram</h1>{''.join(drawn)}</main></body></html>"


@pytest.mark.parametrize(("width", "filling"), sample_of([(320, "all"), (900, "all"), (320, "one"), (320, "none")], 2))
def test_charts_break_no_rule(browser: Browser, width: int, filling: str) -> None:
    assert violations_on(browser, "", _charts(filling, width), width, "light", "") == []


def test_a_broken_rule_is_found(browser: Browser) -> None:
    html = '<!doctype html><html lang="sv"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>'
    (found,) = violations_on(browser, "", html, 320, "light", "")
    assert found.startswith("image-alt")
