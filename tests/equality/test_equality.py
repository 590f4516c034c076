"""The comparison of two services finds what was changed between two captures, and nothing where nothing was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.odata.star import put_star, writing
from tests.conftest import served
from tests.equality.capture import capture
from tests.equality.comparison import Difference, compare, compare_figures

CHANGED = "graffiti-cleanups~all~08~2016-03"
# Each form that a month's figure of a county is asked for in: a list's page, a file, a page of the feed.
FORMS_OF_A_MONTH = {
    "changes/0001.json",
    "files/named.csv",
    "files/stratsys-month.txt",
    "files/values.csv",
    "files/values.parquet/numerator.txt",
    "files/values.parquet/value.txt",
    "files/values.xlsx/xl/worksheets/sheet1.xml",
    "indicator-values/csv/0001.csv",
    "indicator-values/json/0001.json",
    "indicator-values/sorted/0001.json",
    "odata/IndicatorValues/0001.json",
    "odata/names/0001.json",
}
_CHANGE = text(
    """UPDATE indicator_value SET numerator = 12345, status = 'observed'
       FROM indicator_series AS series, area
       WHERE series.series_id = indicator_value.series_id AND area.area_id = indicator_value.area_id
         AND concat_ws('~', indicator_code, slice, code, to_char(period_start, 'YYYY-MM')) = :value
         AND period_type = 'month'"""
)
_COMPUTE_AGAIN = text("UPDATE indicator_value SET revision = revision + 1, computed_at = now()")

Capture = Callable[[str], Path]


@pytest.fixture
def captured(database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str], tmp_path: Path) -> Iterator[Capture]:
    """Yield what captures all answers of a service that has a few figures."""
    put_star(database_url, kinds=("county",))
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning")
    with served(settings) as address:

        def take(name: str) -> Path:
            capture(address, api_keys[KeyScope.ADMINISTER], tmp_path / name)
            return tmp_path / name

        yield take


def test_what_has_changed_is_found_in_every_form_and_nothing_else(captured: Capture, database_url: str) -> None:
    before = captured("before")
    with writing(database_url) as connection:
        connection.execute(_COMPUTE_AGAIN)
    computed_again = captured("computed-again")
    assert "indicator-values/json/0001.json" in _names(compare(before, computed_again))
    assert list(compare_figures(before, computed_again)) == []

    with writing(database_url) as connection:
        assert connection.execute(_CHANGE, {"value": CHANGED}).rowcount == 1
    changed = captured("changed")
    assert _names(compare(computed_again, changed)) == FORMS_OF_A_MONTH
    assert "indicator-values/json.json" in _names(compare_figures(before, changed))
    found = {one.name: one for one in compare(computed_again, changed)}["indicator-values/json/0001.json"]
    assert any(".indicatorValues[].numerator: 1 times" in field for field in found.fields), found


def test_an_answer_that_is_missing_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "first" / "changes.json").write_bytes(b"{}")
    for comparison in (compare, compare_figures):
        (found,) = comparison(tmp_path / "first", tmp_path / "second")
        assert found.name == "changes.json"


def _names(found: Iterator[Difference]) -> set[str]:
    return {one.name for one in found}
