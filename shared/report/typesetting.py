"""The program that sets a report: what its template shows comes in as JSON, the PDF goes out.

Run it with `python -m shared.report.typesetting`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import typst

from shared.fonts import fonts
from shared.report.displayable import REPLACEMENT, displayable, plain

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE: Final = Path(__file__).parent / "templates" / "report.typ"
STANDARDS: Final[list[typst.PDFStandard]] = ["ua-1", "a-2a"]


def typeset(data: dict[str, Any]) -> bytes:
    """Return the PDF of what a template shows."""
    try:
        return _compiled(_mapped(data, displayable))
    except typst.TypstError:
        # Letters that there are one by one, and not as they are joined.
        return _compiled(_mapped(data, plain))


def _compiled(data: dict[str, Any]) -> bytes:
    data["hasReplaced"] = any(REPLACEMENT in one for one in _texts(data))
    compiler = typst.Compiler(
        TEMPLATE, root=TEMPLATE.parent, font_paths=fonts(), sys_inputs={"data": orjson.dumps(data).decode()}
    )
    compiled = compiler.compile(format="pdf", pdf_standards=STANDARDS)
    assert isinstance(compiled, bytes)  # noqa: S101  of one format there is one file
    return compiled


def _mapped(value: Any, change: Callable[[str], str], name: str = "") -> Any:  # noqa: ANN401  JSON
    """Return JSON with its texts changed; pictures are markup, and have no words but ours."""
    match value:
        case str():
            return value if name == "picture" else change(value)
        case list():
            return [_mapped(one, change) for one in value]
        case dict():
            return {key: _mapped(one, change, key) for key, one in value.items()}
        case _:
            return value


def _texts(value: Any) -> list[str]:  # noqa: ANN401  JSON
    match value:
        case str():
            return [value]
        case list():
            return [text for one in value for text in _texts(one)]
        case dict():
            return [text for key, one in value.items() if key != "words" for text in _texts(one)]
        case _:
            return []


def main() -> None:
    """Set the report that comes in."""
    sys.stdout.buffer.write(typeset(orjson.loads(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
