"""GET of a chart: drawn afresh, and as it was drawn before. Every chart is of a figure that there is."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import NullPool, create_engine, text

from tests.benchmarks import servers
from tests.benchmarks.load import Load, answers_a_second
from tests.benchmarks.results import Result
from tests.benchmarks.servers import Servers

SECONDS = 3.0
PATH = "/samverkan/v1/indicator-values/chart.svg?indicator=graffiti-cleanups&periodType=month"
# Fewer than are kept. Each round of fresh ones is of a width of its own, so that none has been drawn before.
AGAIN = 20
NARROWEST = 400


def measure(lab: Servers, database_url: str, rounds: int) -> Iterator[Result]:
    """Measure fresh charts, each of another municipality, and charts that have been drawn."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        codes = connection.scalars(text("SELECT code FROM area WHERE kind = 'municipality' ORDER BY code")).all()
    with servers.running_api(lab, database_url) as api:

        def charts_a_second(paths: list[str]) -> float:
            return answers_a_second(Load(api.host, api.port, lab.key, paths, SECONDS))

        again = [f"{PATH}&area={code}" for code in codes[:AGAIN]]
        # Draws them, and starts what draws: neither is what is measured.
        charts_a_second(again)
        fresh = [[f"{PATH}&area={code}&width={NARROWEST + turn}" for code in codes] for turn in range(rounds)]
        yield Result.alone("chart.svg drawn afresh, requests/s", [charts_a_second(paths) for paths in fresh])
        yield Result.alone("chart.svg drawn before, requests/s", [charts_a_second(again) for _ in range(rounds)])
