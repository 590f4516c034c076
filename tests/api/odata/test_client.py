"""An independent client of OData reads the feed over HTTP: more than 100 000 rows, while the figures change."""

from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread
from typing import Any, Self

import pytest
import requests
from odata import ODataService  # type: ignore[import-untyped]  # it tells no types
from sqlalchemy import text

from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.odata.star import put_star, writing
from tests.conftest import served

INDICATORS = (
    "graffiti-cleanups",
    "graffiti-started-in-time",
    "safety-walks",
    "foot-patrols",
    "school-visits",
    "trainings",
)
YEARS = (2014, 2017)
ROWS = len(INDICATORS) * 319 * 16 * 4


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    put_star(url, indicators=INDICATORS, kinds=("country", "county", "municipality", "police-region"), years=YEARS)
    return url


@pytest.fixture(scope="module")
def service(database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str]) -> Iterator[ODataService]:
    """Yield the client, which has made its classes from `$metadata`."""
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning")
    with served(settings) as address, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api_keys[KeyScope.READ]}"
        session.headers["Forwarded"] = f"host={address.removeprefix('http://')};proto=http"
        yield ODataService(f"{address}{ROOT}/", session=session, reflect_entities=True, quiet_progress=True)


def test_it_knows_the_star_from_the_metadata(service: ODataService) -> None:
    assert service.entities.keys() == {
        *("IndicatorValues", "Indicators", "Areas", "AreaPaths", "Periods", "Targets", "Activities"),
    }
    value = service.entities["IndicatorValues"]
    figure = service.query(value).filter(value.areaCode == "1282").order_by(value.computedAt.desc()).first()
    assert figure.areaCode == "1282"
    assert figure.computedAt.year == 2026
    assert figure.Area.nameSv == "Landskrona"


def test_it_reads_more_than_100_000_rows_each_once_while_figures_change(
    service: ODataService, database_url: str
) -> None:
    value = service.entities["IndicatorValues"]
    with Changes(database_url) as changes:
        ids = [row["id"] for row in service.query(value).select(value.id, value.numerator)]
    assert changes.rounds > 5
    assert len(ids) == len(set(ids))
    stayed = [value_id for value_id in ids if "~2013" not in value_id]
    assert len(stayed) == ROWS > 100_000


def test_the_parts_of_an_incremental_refresh_make_the_whole(service: ODataService) -> None:
    parts = []
    for year in range(YEARS[0], YEARS[1] + 1):
        span = f"periodStartAt ge {year}-01-01T00:00:00Z and periodStartAt lt {year + 1}-01-01T00:00:00Z"
        part = [row["id"] for row in _get(service, "IndicatorValues", {"$filter": span, "$select": "id"})]
        assert len(part) == ROWS / 4
        parts += part
    assert len(parts) == len(set(parts)) == ROWS


def test_the_latest_change_tells_which_part_to_read_again(service: ODataService, database_url: str) -> None:
    def latest(year: int) -> str:
        steps = f"filter(periodStartAt ge {year}-01-01T00:00:00Z and periodStartAt lt {year + 1}-01-01T00:00:00Z)"
        (row,) = _get(service, "IndicatorValues", {"$apply": f"{steps}/aggregate(computedAt with max as latest)"})
        (last,) = _get(service, "IndicatorValues", {"$filter": steps[7:-1], "$orderby": "computedAt desc", "$top": "1"})
        assert row["latest"] == last["computedAt"]
        return row["latest"]

    before = {year: latest(year) for year in range(YEARS[0], YEARS[1] + 1)}
    with writing(database_url) as connection:
        connection.execute(
            text(
                """UPDATE indicator_value SET numerator = 1, computed_at = now()
                   WHERE period_start = '2015-05-01' AND period_type = 'month' AND area_id = 1"""
            )
        )
    after = {year: latest(year) for year in range(YEARS[0], YEARS[1] + 1)}
    assert {year for year in before if after[year] != before[year]} == {2015}
    assert after[2015] > before[2015]


class Changes:
    """Figures that change, come and go in a thread, for as long as the block lasts."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._stop = Event()
        self._thread = Thread(target=self._go_on)
        self.rounds = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        with writing(self._database_url) as connection:
            while not self._stop.is_set():
                for change in (_REVISE, _ADD, _TAKE_AWAY):
                    connection.execute(change, {"round": self.rounds})
                self.rounds += 1


# Rows of 2013 come and go; all others stay, and some of them get another figure and another place on disk.
_REVISE = text("UPDATE indicator_value SET numerator = :round, computed_at = now() WHERE area_id % 97 = :round % 97")
_ADD = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
       SELECT series_id, area_id, 'month', date '2013-01-01', :round, 0, 'observed'
       FROM indicator_series CROSS JOIN area WHERE indicator_code = 'safety-walks' AND slice = 'all'"""
)
_TAKE_AWAY = text("DELETE FROM indicator_value WHERE period_start = '2013-01-01' AND :round >= 0")


def _get(service: ODataService, address: str, options: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return all rows of an address, through the client's own connection."""
    connection = service.default_context.connection
    answer = connection.execute_get(f"{service.url}{address}", options)
    rows = answer["value"]
    while "@odata.nextLink" in answer:
        answer = connection.execute_get(answer["@odata.nextLink"])
        rows += answer["value"]
    return rows
