"""Every command that a document names exists, with the options that it names: trials F6."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from services.cli.main import app
from tests.readme.document import ROOT, code_in

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "deploy/oidc.md",
    "deploy/powerbi/README.md",
    "tests/benchmarks/RESULTS.md",
]
TARGETS = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands_in(document: str, program: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of a program, in a block, in a sentence, or as what another command reads."""
    for code in code_in(document):
        for line in code.text.replace("\\\n", " ").splitlines():
            for found in re.finditer(
                rf"(?:^|\$\(|&& |-u samverkan |ExecStart=|\s)(?:\S*/)?{program} ([a-z][^)#;&]*)", line
            ):
                yield shlex.split(found[1])


@pytest.mark.slow
@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_and_their_options_exist(document: str) -> None:
    for arguments in commands_in(document, "samverkan"):
        assert fault_of(arguments) is None, f"{document}: samverkan {' '.join(arguments)}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_made_is_a_target(document: str) -> None:
    for target, *_ in commands_in(document, "make"):
        assert target in TARGETS, f"{document}: make {target}"


def fault_of(arguments: list[str]) -> str | None:
    """Return what the command line does not know of some arguments."""
    found: Any = get_command(app)
    for argument in arguments:
        if isinstance(found, TyperGroup):
            if argument not in found.commands:
                return argument
            found = found.commands[argument]
        elif argument.startswith("--"):
            known = {option for parameter in found.params for option in parameter.opts}
            if argument.partition("=")[0] not in known:
                return argument
    return None


def test_it_would_find_what_is_wrong() -> None:
    assert [*commands_in("README.md", "samverkan")]
    assert fault_of(["value", "1284"]) == "value"
    assert fault_of(["keys", "delete"]) == "delete"
    assert fault_of(["up", "--portt", "1"]) == "--portt"
    assert fault_of(["keys", "create", "--name", "Me", "--scope", "read", "--area", "1282"]) is None
