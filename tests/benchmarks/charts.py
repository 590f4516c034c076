"""(e) GET of a chart: as SVG, and as PNG drawn afresh or before. Every chart is of a figure that there is."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import servers
from tests.benchmarks.bench import Bench
from tests.benchmarks.load import Load, answers_a_second
from tests.benchmarks.results import Result
from tests.benchmarks.servers import API

PATH = f"{API}/indicator-value-charts?indicator=graffiti-cleanups&periodType=month"
# Fewer than the API remembers.
AGAIN = 20
# Each fresh picture is of a width of its own, and there are more of them than can be drawn in a round.
NARROWEST = 400
WIDTHS_A_ROUND = 30


def measure(bench: Bench) -> Iterator[Result]:
    """Measure SVG, fresh PNG, each of another municipality, and PNG that has been drawn."""
    effort = bench.effort
    turns = range(effort.rounds_of_load)
    codes = sorted({place.municipality for place in bench.databases.places()})
    service = bench.servers.service(bench.databases.figures(bench.size))
    with servers.running_api(service) as api:

        def charts_a_second(paths: list[str]) -> float:
            return answers_a_second(Load(api.host, api.port, service.database.key, paths, effort.seconds_of_load))

        again = [f"{PATH}&area={code}&format=png" for code in codes[:AGAIN]]
        # Draws them, and starts what draws: neither is what is measured.
        charts_a_second(again)
        widths = [range(NARROWEST + turn * WIDTHS_A_ROUND, NARROWEST + (turn + 1) * WIDTHS_A_ROUND) for turn in turns]
        fresh = [
            [f"{PATH}&area={code}&width={width}&format=png" for width in some for code in codes] for some in widths
        ]
        svg = [f"{PATH}&area={code}&format=svg" for code in codes]
        yield Result("chart as SVG, requests/s", [charts_a_second(svg) for _ in turns])
        yield Result("chart as PNG drawn afresh, requests/s", [charts_a_second(paths) for paths in fresh])
        yield Result("chart as PNG drawn before, requests/s", [charts_a_second(again) for _ in turns])
