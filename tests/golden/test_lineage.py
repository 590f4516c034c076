"""What a figure is made of adds up to it, also of nights, rhythm and limits in hours: generality W6 and E4."""

from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.responses import Page
from services.api.values.lineage.queries import parts_behind
from shared.catalogue.contributions import COUNTED_APART
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period
from shared.read_model.value_id import ValueKey
from tests.golden.case import read_cases
from tests.golden.running import Run

NAMES = (
    *("days-of-nights", "regularity-of-weeks", "regularity-of-evenings", "regularity-of-months"),
    *("selected-times", "share-by-hours", "share-by-minutes"),
)
CASES = read_cases("kinds")


@pytest.mark.parametrize("name", NAMES)
async def test_generality_e4_the_parts_of_a_figure_add_up_to_it(connection: AsyncConnection, name: str) -> None:
    run = Run(connection, CASES[name], shipped_catalogue())
    definition = CASES[name].catalogue(shipped_catalogue()).indicators[CASES[name].indicator]
    async for stage, worker in run.stages():
        await worker.follow_marks(stage.as_of)
        figures = await worker.figures(definition.code)
        wanted = {key: figures[key] for key in stage.expectations() if key in figures}
        assert any(figure.numerator for figure in wanted.values())
        for (area, period), figure in wanted.items():
            key = ValueKey(definition.code, "all", area, Period.parse(period))
            _, parts = await parts_behind(connection, definition, key, None, Page(1, 200), stage.as_of)
            counted = sum(part["numerator"] or 0 for part in parts)
            assert counted == (figure.numerator or 0), (stage.as_of, area, period)
            if definition.recurs is None:
                apart = [part for part in parts if part["leftOut"] and part["leftOut"]["reason"] in COUNTED_APART]
                assert len(apart) == figure.apart, (stage.as_of, area, period)


def test_generality_e4_every_case_of_times_is_there() -> None:
    assert set(NAMES) <= set(CASES)
    assert CASES["days-of-nights"].as_of > date(2017, 1, 1)
