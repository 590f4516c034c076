"""Signals of stored figures: judged after comparisons, stored where they differ, and telling nothing that is hidden."""

# Over 300 lines: one series' signals, from the first figures to what comes late.

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from services.indicators.compute.comparisons import MARK_COMPARISONS, compare
from services.indicators.compute.signals import judge_all_signals, judge_signals
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.domain.period import Period, PeriodType
from tests.indicators.stored_values import StoredValues, ValueRow, count, share
from tests.indicators.world import CLEANUPS, FEELS_SAFE, GROUPS_MET, IN_TIME, LANDSKRONA, VANDALISM_COST, VISITED

AS_OF = date(2017, 2, 1)
USUAL = (9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 8, 12)


def months(year: int, values: tuple[int, ...] = USUAL) -> dict[str, ValueRow]:
    return {f"{year}-{month:02}": count(value) for month, value in enumerate(values, 1)}


def with_longer(values: dict[str, ValueRow]) -> dict[str, ValueRow]:
    """Add the tertials and years that the months make."""
    longer: dict[str, list[ValueRow]] = {}
    for code, value in values.items():
        for kind in (PeriodType.TERTIAL, PeriodType.YEAR):
            longer.setdefault(Period.containing(kind, Period.parse(code).start).code, []).append(value)
    return values | {code: _added(parts) for code, parts in longer.items()}


def _added(parts: list[ValueRow]) -> ValueRow:
    above = sum(part[0] for part in parts if part[0] is not None)
    below = [part[1] for part in parts if part[1] is not None]
    return above, sum(below) if below else None, "observed" if above else "zero"


HISTORY = months(2013) | months(2014) | months(2015)


class Signals:
    """The signals that the pass stores, as they are served."""

    def __init__(self, values: StoredValues) -> None:
        self.values = values

    async def judge(self, indicator: str, *years: int, as_of: date = AS_OF) -> dict[str, dict[str, Any]]:
        """Mark the years as changed figures are, let both passes run, and return the signals that are served."""
        series_id, area_id = self.values.series[indicator], self.values.world.ids[LANDSKRONA]
        async with self.values.world.engine.begin() as connection:
            marks = [SeriesYear(series_id, area_id, year) for year in years]
            await connection.execute(MARK_COMPARISONS, as_arrays(SeriesYear._fields, marks))
            await compare(connection, lambda: as_of)
        await judge_signals(self.values.world.engine.begin, lambda: as_of)
        return await self.served(indicator)

    async def served(self, indicator: str) -> dict[str, dict[str, Any]]:
        async with self.values.world.engine.begin() as connection:
            rows = await connection.execute(_SERVED, {"indicator": indicator, "area": LANDSKRONA})
            return {row.period: row.signal for row in rows if row.signal is not None}

    async def revisions(self, indicator: str) -> dict[str, int]:
        async with self.values.world.engine.begin() as connection:
            rows = await connection.execute(_SERVED, {"indicator": indicator, "area": LANDSKRONA})
            return {row.period: row.revision for row in rows}

    async def differences(self, as_of: date = AS_OF) -> int:
        """Return how many signals a computation of all of them would change."""
        async with self.values.world.engine.connect() as connection:
            differing = await judge_all_signals(connection, as_of)
            await connection.rollback()
            return differing


_SERVED = text(
    """SELECT period, signal, revision FROM served_value
       WHERE indicator_code = :indicator AND area_code = :area AND slice = 'all'"""
)


@pytest.fixture
def signals(stored_values: StoredValues) -> Signals:
    return Signals(stored_values)


async def test_a_halved_tertial_is_fewer_and_says_so_in_both_languages(signals: Signals) -> None:
    year = months(2016, (3, 4, 2, 4, 10, 9, 13, 7, 10, 11, 8, 12))
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | year))
    found = await signals.judge(CLEANUPS, 2013, 2014, 2015, 2016)
    spring = found["2016-T1"]
    assert (spring["verdict"], spring["rule"], spring["observed"], spring["months"]) == ("fewer", "exactCounts", 13, 4)
    assert spring["observed"] < spring["lowerLimit"] < spring["expected"] < spring["upperLimit"]
    assert (spring["periods"], spring["years"], spring["isProvisional"]) == (36, 3, False)
    assert spring["pValue"] < spring["alpha"]
    limits = f"{spring['lowerLimit']:.0f}–{spring['upperLimit']:.0f}"
    assert spring["text"] == {
        "sv": f"Färre än väntat: 13, normalt {limits}. Troligen en verklig minskning.",
        "en": f"Fewer than expected: 13, normally {limits}. Probably a real decrease.",
    }
    since = spring["changeFromLastYear"]
    assert since["change"] == 13 - sum(USUAL[:4])
    assert since["lowerLimit"] < since["change"] < since["upperLimit"] < 0
    assert since["text"]["sv"].startswith("Skillnaden mot samma period året före är −27, troligen mellan −")
    assert found["2016-T2"]["verdict"] == "none"
    assert found["2016-06"]["verdict"] == "none"
    # Of the first year there is none before.
    assert found["2013-T2"]["changeFromLastYear"] is None
    assert found["2014-01"]["periods"] == 12
    # Before there are three periods nothing is said, and before twelve it is uncertain.
    assert {"2013-01", "2013-04", "2013-T1"}.isdisjoint(found)
    assert found["2013-T2"]["isProvisional"]
    assert await signals.differences() == 0


async def test_a_running_tertial_is_judged_by_its_first_three_months_once_they_have_ended(signals: Signals) -> None:
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | months(2016, (30, 33, 28, 2))))
    running = await signals.judge(CLEANUPS, 2013, 2016, as_of=date(2016, 3, 31))
    assert "2016-T1" not in running
    assert "2016-03" not in running
    early = (await signals.judge(CLEANUPS, 2016, as_of=date(2016, 4, 1)))["2016-T1"]
    assert (early["months"], early["observed"], early["verdict"]) == (3, 91, "more")
    assert "2016" not in await signals.served(CLEANUPS)


async def test_what_only_repeats_is_not_written_and_what_changes_is_shown_as_a_revision(signals: Signals) -> None:
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | months(2016)))
    await signals.judge(CLEANUPS, 2013, 2016)
    before = await signals.revisions(CLEANUPS)
    assert before["2013-01"] == 1  # no signal
    assert before["2016-01"] == 2
    await signals.judge(CLEANUPS, 2013, 2016)
    assert await signals.revisions(CLEANUPS) == before
    # A late fact: what rests on the month is judged again, and nothing else.
    await signals.values.put(CLEANUPS, LANDSKRONA, {"2015-12": count(13)})
    await signals.judge(CLEANUPS, 2015)
    changed = {period for period, revision in (await signals.revisions(CLEANUPS)).items() if revision > before[period]}
    assert {"2015-12", "2016-01", "2016-12", "2016-T3"} <= changed
    assert {"2015-11", "2015-T2", "2014", "2013-05"}.isdisjoint(changed)


async def test_a_signal_is_served_with_its_own_figure_alone_and_goes_with_it(signals: Signals) -> None:
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | months(2016)))
    await signals.judge(CLEANUPS, 2013, 2016)
    await signals.values.put(CLEANUPS, LANDSKRONA, {"2016-01": count(40)})
    assert "2016-01" not in await signals.served(CLEANUPS)
    assert (await signals.judge(CLEANUPS, 2016))["2016-01"]["verdict"] == "more"
    await signals.values.run(
        "DELETE FROM indicator_value WHERE series_id = :one AND period_start = '2016-12-01'",
        one=signals.values.series[CLEANUPS],
    )
    assert "2016-12" not in await signals.judge(CLEANUPS, 2016)
    assert await signals.differences() == 0


@pytest.mark.parametrize(
    "planted",
    [
        "UPDATE signal SET signal = signal || '{\"upperLimit\": 99}' WHERE period_type = 'tertial'",
        "DELETE FROM signal WHERE period_type = 'year'",
        """INSERT INTO signal SELECT series_id, area_id, 'month', '2013-01-01', 9, NULL, 1, signal FROM signal
           WHERE period_start = '2016-01-01' AND period_type = 'month'""",
        """INSERT INTO signal SELECT series_id, area_id, 'month', '2030-01-01', 9, NULL, 1, signal FROM signal
           WHERE period_start = '2016-01-01' AND period_type = 'month'""",
    ],
)
async def test_a_planted_fault_differs_from_a_computation_of_all(signals: Signals, planted: str) -> None:
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | months(2016)))
    await signals.judge(CLEANUPS, 2013, 2016)
    await signals.values.run(planted)
    assert await signals.differences() > 0


async def test_what_is_hidden_is_neither_judged_nor_told_by_limits(signals: Signals) -> None:
    """The signals are the same whatever the hidden figures are."""
    found = []
    for hidden in (0, 4, 400):
        rows = with_longer(HISTORY | months(2016))
        rows |= dict.fromkeys(("2014-05", "2014-06", "2014-T3", "2016-03"), (hidden, None, "suppressed"))
        await signals.values.put(CLEANUPS, LANDSKRONA, rows)
        found.append(await signals.judge(CLEANUPS, 2013, 2014, 2015, 2016))
    assert found[0] == found[1] == found[2]
    assert {"2014-05", "2014-06", "2014-T3", "2016-03"}.isdisjoint(found[0])
    # A tertial that is shown is not judged without the month that is hidden in it.
    assert "2016-T1" not in found[0]
    assert found[0]["2016-02"]["periods"] == 34


async def test_months_before_the_first_report_say_nothing(signals: Signals) -> None:
    nothing = months(2013, (0,) * 12) | months(2014, (0,) * 12)
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(nothing | months(2015) | months(2016)))
    found = await signals.judge(CLEANUPS, 2013, 2014, 2015, 2016)
    assert all(not period.startswith(("2013", "2014")) for period in found)
    assert {signal["verdict"] for signal in found.values()} == {"none"}
    assert found["2016-05"]["periods"] == 16


async def test_it_does_not_matter_how_many_years_are_judged_at_once(signals: Signals) -> None:
    """Above the municipalities a month without reports has no row."""
    sparse = {f"{year}-05": count(9) for year in range(2008, 2017)}
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(sparse))
    for year in range(2008, 2017):
        await signals.judge(CLEANUPS, year)
    assert await signals.differences() == 0


@pytest.mark.parametrize(
    ("odd", "rule_after"),
    [
        (share(4800, 6000), "exactShares"),
        ((3, 7.5, "observed"), "individuals"),
        ((8, 7, "observed"), "individuals"),
    ],
)
async def test_a_share_is_judged_as_one_whatever_it_was_long_before(
    signals: Signals, odd: ValueRow, rule_after: str
) -> None:
    """A window too large for an exact test, or that rests on other than whole numbers, is judged as a level, alone."""
    known = {f"{year}-{month:02}": share(8, 10) for year in range(2005, 2013) for month in range(1, 13)}
    await signals.values.put(IN_TIME, LANDSKRONA, with_longer(known | {"2008-03": odd}))
    for year in range(2005, 2013):
        await signals.judge(IN_TIME, year)
    rules = {period: signal["rule"] for period, signal in (await signals.served(IN_TIME)).items()}
    assert [rules[period] for period in ("2007-12", "2008-03", "2008-12", "2011-12", "2012-T1")] == [
        *("exactShares", "individuals", rule_after, "exactShares", "exactShares"),
    ]
    assert await signals.differences() == 0


async def test_an_earlier_first_report_has_all_later_years_judged_afresh(signals: Signals) -> None:
    history = {code: value for code, value in HISTORY.items() if code >= "2013-05"}
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(history | months(2016)))
    await signals.judge(CLEANUPS, 2013, 2014, 2015, 2016)
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer({"2005-03": count(1)}))
    await signals.judge(CLEANUPS, 2005)
    assert await signals.differences() == 0


async def test_across_a_moved_boundary_limits_start_afresh(signals: Signals) -> None:
    doubled = months(2016, tuple(3 * value for value in USUAL))
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | doubled))
    area = signals.values.world.ids[LANDSKRONA]
    await signals.values.run("INSERT INTO boundary_change (area_id, day) VALUES (:area, '2016-01-10')", area=area)
    found = await signals.judge(CLEANUPS, 2013, 2016)
    await signals.values.run("DELETE FROM boundary_change WHERE area_id = :area", area=area)
    assert {"2016-01", "2016-02", "2016-04"}.isdisjoint(found)
    assert (found["2016-T2"]["verdict"], found["2016-T2"]["periods"]) == ("none", 3)
    assert (found["2016-T1"]["reason"], found["2016-T1"]["observed"]) == ("break", None)


async def test_shares_costs_places_and_surveys_are_judged_by_their_own_methods(signals: Signals) -> None:
    in_time = {f"{year}-{month:02}": share(8, 10) for year in (2013, 2014, 2015, 2016) for month in range(1, 13)}
    await signals.values.put(IN_TIME, LANDSKRONA, with_longer(in_time | {"2016-01": share(1, 30)}))
    january = (await signals.judge(IN_TIME, 2013, 2016))["2016-01"]
    assert (january["verdict"], january["observed"], january["expected"]) == ("fewer", 3.33333333, 80)
    assert january["text"]["sv"].startswith("Lägre än väntat: 3,3\u00a0%, normalt ")
    since = january["changeFromLastYear"]
    assert since["change"] == pytest.approx(100 * (1 / 30 - 8 / 10))
    assert since["text"]["en"].startswith(
        "The difference from the same period a year earlier is −76.7 percentage points"
    )

    cost = {code: count(1000 * row[0] + 90_000) for code, row in (HISTORY | months(2016)).items()}
    await signals.values.put(VANDALISM_COST, LANDSKRONA, with_longer(cost | {"2016-05": count(400_000)}))
    costs = await signals.judge(VANDALISM_COST, 2013, 2016)
    assert (costs["2016-05"]["rule"], costs["2016-05"]["verdict"]) == ("individuals", "more")
    # A sum is told as a sum: of four months, not of their mean.
    assert 380_000 < costs["2016-T3"]["expected"] < 480_000
    assert costs["2016-T3"]["changeFromLastYear"] is None
    assert costs["2016-T3"]["observed"] == sum(cost[f"2016-{month:02}"][0] for month in (9, 10, 11, 12))

    places = {code: count(row[0] // 3) for code, row in with_longer(HISTORY | months(2016)).items()}
    await signals.values.put(VISITED, LANDSKRONA, places)
    visited = await signals.judge(VISITED, 2013, 2016)
    assert (visited["2016-T1"]["periods"], visited["2016-T1"]["observed"]) == (9, places["2016-T1"][0])

    safe = {2010: 70, 2011: 71, 2012: 69, 2013: 70, 2014: 71, 2015: 70, 2016: 40}
    surveys = {str(year): share(percent, 100) for year, percent in safe.items()}
    await signals.values.put(FEELS_SAFE, LANDSKRONA, surveys)
    surveyed = (await signals.judge(FEELS_SAFE, 2010, 2016))["2016"]
    assert (surveyed["rule"], surveyed["months"], surveyed["isProvisional"]) == ("individuals", 12, True)

    groups = {code: share(1 + row[0] % 4, 10) for code, row in (HISTORY | months(2016)).items()}
    await signals.values.put(GROUPS_MET, LANDSKRONA, groups)
    assert await signals.judge(GROUPS_MET, 2013, 2016) == {}
    assert await signals.differences() == 0


async def test_a_closed_period_keeps_the_signal_that_it_has(signals: Signals) -> None:
    """What a source says finally, in a period that is not closed, is judged as ever."""
    for indicator in (CLEANUPS, VANDALISM_COST):
        await signals.values.put(indicator, LANDSKRONA, with_longer(HISTORY | months(2016)))
        await signals.judge(indicator, 2013, 2016)
    await signals.values.run("UPDATE indicator_value SET finality = 'final' WHERE period_start >= '2016-01-01'")
    for statement in CLOSE_JANUARY:
        await signals.values.run(statement, area=signals.values.world.ids[LANDSKRONA])
    before = await signals.served(CLEANUPS), await signals.served(VANDALISM_COST)
    for indicator in (CLEANUPS, VANDALISM_COST):
        await signals.values.put(indicator, LANDSKRONA, {"2015-01": count(14)})
    after = await signals.judge(CLEANUPS, 2015), await signals.judge(VANDALISM_COST, 2015)
    differences = await signals.differences()
    for statement in OPEN_AGAIN:
        await signals.values.run(statement)
    for unchanged, judged_again in zip(before, after, strict=True):
        assert judged_again["2016-01"] == unchanged["2016-01"]
        assert judged_again["2016-02"] != unchanged["2016-02"]
    assert differences == 0


CLOSE_JANUARY = (
    """INSERT INTO agreement_period (agreement_id, period_type, period_start, state)
       SELECT agreement_id, 'month', '2016-01-01', 'closed' FROM agreement LIMIT 1""",
    """INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
       SELECT :area, 'month', '2016-01-01', agreement_period_id FROM agreement_period""",
)
OPEN_AGAIN = ("DELETE FROM closed_area_period", "DELETE FROM agreement_period")


async def test_what_another_transaction_holds_is_left_to_the_next_pass(signals: Signals) -> None:
    await signals.values.put(CLEANUPS, LANDSKRONA, with_longer(HISTORY | months(2016)))
    async with signals.values.world.engine.begin() as other:
        await other.execute(text("SELECT FROM indicator_value WHERE period_start = '2016-05-01' FOR UPDATE"))
        found = await signals.judge(CLEANUPS, 2013, 2016)
        assert {"2016-05", "2016-T2"}.isdisjoint(found)
        assert "2016-06" in found
    assert await judge_signals(signals.values.world.engine.begin, lambda: AS_OF) == 2
    assert {"2016-05", "2016-T2"} <= (await signals.served(CLEANUPS)).keys()
