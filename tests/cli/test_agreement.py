"""`samverkan agreement` against a running service: every fault with its line, and a sound document stored whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

import shared.data
from services.api.http.routing import BASE
from services.cli.agreement import FaultyDocument
from services.cli.main import app
from shared.db.keys import KeyScope

DOCUMENT = """\
code: small-2026
title: Medborgarlöften 2026
validFrom: 2026-01-01
validTo: "2026-12-31"
areas: ["1284"]
annexes:
  - {number: 1, theme: visible-police, title: Synlighet, validFrom: 2026-01-01, validTo: 2026-12-31}
targets:
  - {annex: 1, indicator: foot-patrols, area: "1284", rule: atLeast, value: 100, per: year,
     validFrom: 2026-01-01, validTo: 2026-12-31}
commitments:
  - {code: evenings, annex: 1, promise: true, party: Polisen, wording: Polisen går ut., times: 12, areas: ["1284"]}
"""
STARTERS = Path(shared.data.__path__[0]) / "agreements"
ADDRESS = f"{BASE}/agreements/small-2026"


@pytest.fixture
def samverkan_agreement(service_url: str, api_keys: Mapping[KeyScope, str], tmp_path: Path) -> Callable[..., Result]:
    """Return what writes a document and runs the command on it with a key that may do everything."""
    environment = {"SAMVERKAN_URL": service_url, "SAMVERKAN_KEY": api_keys[KeyScope.ADMINISTER], "COLUMNS": "200"}

    def run(document: str | bytes, *options: str) -> Result:
        file = tmp_path / "agreement.yaml"
        file.write_bytes(document if isinstance(document, bytes) else document.encode())
        return CliRunner(env=environment).invoke(app, ["agreement", str(file), *options])

    return run


async def test_a_sound_document_is_checked_then_stored_with_its_commitments(
    samverkan_agreement: Callable[..., Result], client: httpx.AsyncClient
) -> None:
    assert samverkan_agreement(DOCUMENT, "--dry-run").output == (
        "small-2026 can be sent: 1 annexes, 1 targets, 1 commitments.\n"
    )
    assert (await client.get(ADDRESS)).status_code == 404
    assert samverkan_agreement(DOCUMENT).output.startswith("small-2026 is stored")
    assert (await client.get(f"{ADDRESS}/commitments/evenings")).json()["times"] == 12


async def test_every_fault_comes_with_its_line_and_remedy_and_nothing_is_stored(
    samverkan_agreement: Callable[..., Result], client: httpx.AsyncClient
) -> None:
    faulty = (
        DOCUMENT.replace("theme: visible-police", "theme: visible-polis")
        .replace('"2026-12-31"', "2026-02-30")
        .replace("foot-patrols", "foot-patrol")
        .replace("times: 12", "times: 0")
        + "title: Igen\n"
    )
    result = samverkan_agreement(faulty, "--language", "en")
    assert isinstance(result.exception, FaultyDocument)
    lines = [line.partition("agreement.yaml:")[2] for line in str(result.exception).splitlines()]
    assert [line.split(": ")[:2] for line in lines] == [
        ["4", "validTo"],
        ["4", "validTo"],
        ["7", "annexes[0].theme"],
        ["9", "targets[0].indicator"],
        ["12", "commitments[0].times"],
        ["13", "'title' stands twice"],
    ]
    assert all(line.endswith(".") for line in lines[2:5])
    assert (await client.get(ADDRESS)).status_code == 404


async def test_a_follow_up_of_an_annex_has_its_line_and_remedy(samverkan_agreement: Callable[..., Result]) -> None:
    annex = """\
  - number: 1
    theme: visible-police
    title: Synlighet
    validFrom: 2026-01-01
    validTo: 2026-12-31
    followUps:
      - {notedOn: 2026-02-01, status: ongoing, text: Patrullerna har börjat.}
      - {notedOn: 2150-01-01, status: done}
"""
    lines = DOCUMENT.splitlines(keepends=True)
    faulty = "".join([*lines[:6], annex, *lines[7:]])
    result = samverkan_agreement(faulty, "--dry-run", "--language", "en")
    assert str(result.exception).partition("agreement.yaml:")[2] == (
        "14: annexes[0].followUps[1].notedOn: is in the future. Tell a follow-up when it has been made."
    )
    assert samverkan_agreement(faulty.replace("2150", "2026"), "--dry-run").exit_code == 0


@pytest.mark.parametrize("document", ["- a list", "title: no code", "code: [", b"code: \xff", ""])
def test_what_is_no_document_says_so_in_one_line(
    samverkan_agreement: Callable[..., Result], document: str | bytes
) -> None:
    result = samverkan_agreement(document)
    assert isinstance(result.exception, FaultyDocument)
    assert str(result.exception).count("\n") == 0


@pytest.mark.parametrize("folder", sorted(STARTERS.iterdir()), ids=lambda folder: folder.name)
def test_the_agreements_to_start_from_are_sound(
    folder: Path, service_url: str, api_keys: Mapping[KeyScope, str]
) -> None:
    environment = {"SAMVERKAN_URL": service_url, "SAMVERKAN_KEY": api_keys[KeyScope.ADMINISTER], "COLUMNS": "200"}
    commands = [["areas", str(file)] for file in folder.glob("*.csv")]
    for command in [*commands, ["agreement", str(folder / "agreement.yaml")]]:
        result = CliRunner(env=environment).invoke(app, command)
        assert result.exit_code == 0, f"{result.output} {result.exception}"
