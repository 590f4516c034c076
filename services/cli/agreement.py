"""`samverkan agreement`: checks the document of an agreement, and sends it to a running service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.cli import client
from services.cli.errors import CommandError
from services.cli.importing import reaching
from shared.catalogue.yaml_lines import UnreadableYaml, YamlDocument, read_yaml
from shared.domain.wording import Language
from shared.wording.full_stop import with_full_stop

PARTS = ("annexes", "targets", "commitments")
_KEY_OR_INDEX = re.compile(r"[^.\[\]]+")


class FaultyDocument(CommandError):
    """A document has faults; the text lists them all, each with file, line and remedy."""


def send(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The agreement; a YAML file.")],
    key: Annotated[str, typer.Option(envvar="SAMVERKAN_KEY", help="An API key with the scope administer.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the document, and store nothing.")] = False,
    language: Annotated[Language, typer.Option(help="The language of what must be mended.")] = Language.SV,
    url: Annotated[str, typer.Option(envvar="SAMVERKAN_URL", help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Create or replace an agreement with its annexes, targets and commitments in a running service.

    Every fault of the document is listed at once, with its line and how to mend it; nothing is stored then.
    """
    document = _read(file)
    with reaching(url), client.connect(url.rstrip("/"), key) as api:
        violations = client.check_document(api, document.content, language)
        if faults := [*document.faults, *(_with_line(document, one) for one in violations)]:
            raise FaultyDocument("\n".join(f"{file}:{line}: {text}" for line, text in sorted(faults)))
        if not dry_run:
            client.put_document(api, document.content)
    counts = ", ".join(f"{len(document.content.get(part, []))} {part}" for part in PARTS)
    outcome = "can be sent" if dry_run else "is stored"
    Console().print(f"{document.content['code']} {outcome}: {counts}.", soft_wrap=True)


def _read(file: Path) -> YamlDocument:
    try:
        document = read_yaml(file.read_bytes())
    except UnreadableYaml as error:
        raise FaultyDocument(f"{file}:{error.line}: {error}") from error
    if not isinstance(document.content, dict) or not isinstance(document.content.get("code"), str):
        raise FaultyDocument(f"{file}:1: has no code. Write one in the first line, such as code: hoganas-2026.")
    return document


def _with_line(document: YamlDocument, violation: dict[str, Any]) -> tuple[int, str]:
    """Return the line that a violation is about, and what it says."""
    path = tuple(int(part) if part.isdigit() else part for part in _KEY_OR_INDEX.findall(violation["field"]))
    return document.line(path), f"{violation['field']}: {with_full_stop(violation['reason'])} {violation['remedy']}"
