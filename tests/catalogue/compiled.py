"""What the shipped definitions compile to, one file for each indicator: `python -m tests.catalogue.compiled` rewrites.

Observations are figures already, so indicators of these have no file.
"""

from __future__ import annotations

from pathlib import Path

from shared.catalogue.cells import all_cells, cells_of_leaves
from shared.catalogue.contributions import DefinedSeries
from shared.catalogue.loader import shipped_catalogue

SNAPSHOTS = Path(__file__).parent / "snapshots"


def compiled_indicators() -> dict[str, str]:
    """Return the statements of each indicator by its file's name; its slices are series 1, 2, 3 and so on."""
    catalogue = shipped_catalogue()
    series: dict[str, list[DefinedSeries]] = {}
    for (code, _), definition in catalogue.series.items():
        if definition.basis != "observation":
            members = series.setdefault(code, [])
            members.append(DefinedSeries(len(members) + 1, definition))
    return {f"{code}.sql": _statements(members) for code, members in series.items()}


def _statements(series: list[DefinedSeries]) -> str:
    statements = {"Some leaves": cells_of_leaves(series), "Everything": all_cells(series)}
    text = "\n".join(f"-- {name}{statement};\n" for name, statement in statements.items())
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def main() -> None:
    """Make the files equal what is compiled now."""
    compiled = compiled_indicators()
    for path in SNAPSHOTS.glob("*.sql"):
        if path.name not in compiled:
            path.unlink()
    for name, statements in compiled.items():
        (SNAPSHOTS / name).write_text(statements, encoding="utf-8")


if __name__ == "__main__":
    main()
