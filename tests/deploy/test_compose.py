"""The compose file as rules for compose files have it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.node_packages import node_packages

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
# What the file decides otherwise: its order is that of the reading, and the proxy is for everybody.
UNWANTED = (
    "no-unbound-port-interfaces",
    "require-quotes-in-ports",  # it does not see them in a list of one line
    "service-keys-order",
    "services-alphabetical-order",
    "top-level-properties-order",
)

pytestmark = pytest.mark.server


def linted(path: Path) -> tuple[int, str]:
    """Return what dclint says, which also compares with the schema of compose files."""
    program = node_packages("dclint") / ".bin" / "dclint"
    command = [str(program), str(path), "--max-warnings=0", "--disable-rule", *UNWANTED]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def test_dclint_finds_nothing() -> None:
    assert linted(COMPOSE) == (0, "")


@pytest.mark.parametrize(
    ("now", "then", "rule"),
    [
        ("read_only: true", "read_only: [true]", "invalid-schema"),
        ("tmpfs: [/tmp]", "temporary: [/tmp]", "invalid-schema"),
        ("name: samverkan\n", "", "require-project-name-field"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, now: str, then: str, rule: str) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert now in text
    path = tmp_path / "compose.yaml"
    path.write_text(text.replace(now, then, 1))
    status, said = linted(path)
    assert status == 1
    assert rule in said
