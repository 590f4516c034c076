"""The first command that anyone runs, as README shows it, asked as it says, and removed: trials F6.

`make test` runs it once, and `make test-long` twice in a row.
"""

from __future__ import annotations

import re

import httpx
import pytest

from tests.extent import IS_LONG
from tests.readme.document import block, code_in, command
from tests.readme.newcomer import Newcomer, newcomer_with_a_checkout

SECONDS = 120
EMPTY = 2


@pytest.mark.long
@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.server
def test_the_demo_shows_the_year() -> None:
    with newcomer_with_a_checkout() as newcomer:
        demo = newcomer.run(f"make --dry-run {command('Try it', 'make run ARGS').removeprefix('make ')}").splitlines()[
            -1
        ]
        assert demo == ".venv/bin/samverkan demo --exit"
        outputs = [newcomer.run(f"{demo} --port {newcomer.port}")] if IS_LONG else []
        newcomer.start(demo.removesuffix(" --exit"), COLUMNS="99")
        newcomer.await_output("/samverkan/odata/v4")
        outputs.append(newcomer.log())
        assert "821 aktiviteter skickade: 817 nya, 4 rättade, 0 fanns redan, 0 äldre än de sparade." in outputs[0]
        for output in outputs:
            shows_the_year(output)
        for again in outputs[1:]:
            shows_the_same(outputs[0], again)
        lets_people_in(newcomer, outputs[-1])
        answers_the_requests(newcomer)
        newcomer.stop()
        newcomer.run(command("Operate it", "rm -r "))
        removed = newcomer.ended("samverkan values 1282")
        assert (removed.returncode, "holds no data" in removed.stderr) == (EMPTY, True), removed.stderr


def shows_the_same(first: str, second: str) -> None:
    """See that the second run has found the data of the first."""
    tables = _tables(first)
    assert _tables(second)[: len(tables)] == tables
    assert "821 aktiviteter skickade: 0 nya, 0 rättade, 817 fanns redan, 4 äldre än de sparade." in second


def shows_the_year(output: str) -> None:
    assert "406 mätvärden skickade." in output
    row = next(line for line in output.splitlines() if "Klottersaneringar" in line)
    assert row.split()[:5] == ["Klottersaneringar", "30", "35", "30", "95"]
    assert [f"Bilaga {number}:" in output for number in range(1, 11)] == [True] * 10
    tables = _tables(output)
    (in_readme,) = (one.text for one in code_in() if one.heading == "Try it" and one.text.startswith("Bilaga 7:"))
    example = _tables(in_readme)
    beginning = tables.index(example[0])
    assert tables[beginning : beginning + len(example)] == example


def lets_people_in(newcomer: Newcomer, output: str) -> None:
    """Sign in by the links that are printed: a coordinator's and a reporter's."""
    links = re.findall(rf"^(\w+): ({newcomer.url}/logga-in/\S+)$", output, re.MULTILINE)
    assert [who for who, _ in links] == ["Samordnare", "Rapportör"]
    for _, link in links:
        answer = httpx.post(link, headers={"Origin": newcomer.url})
        assert (answer.status_code, "set-cookie" in answer.headers) == (303, True), link


def _tables(output: str) -> list[str]:
    """Return the rows of the tables, without what only parts them."""
    rows = [" ".join(line.replace("─", "").split()) for line in output[output.index("Bilaga ") :].splitlines()]
    return [row for row in rows if row]


def answers_the_requests(newcomer: Newcomer) -> None:
    """Ask as README does of the API, with the key that it has one make."""
    newcomer.run(block("Your own municipality in ten steps", "export "))
    answers = newcomer.run(block("Report and read by the API", "curl "))
    assert '"externalId":"g-17"' in answers
    assert '"indicatorCode":"graffiti-started-in-time"' in answers
    # The tertials of both years; those of the present year are there as they come.
    assert answers.count('"period":"2015-T') + answers.count('"period":"2016-T') == 6, answers
