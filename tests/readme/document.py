"""What a document shows: its commands, files and tables, by the heading that they are under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]


class Code(NamedTuple):
    """A block of code, or code within a sentence."""

    heading: str
    step: int
    """The number of the outermost list item that it is in; 0 outside of lists."""
    text: str
    is_block: bool
    language: str


def code_in(document: str = "README.md") -> list[Code]:
    """Return all code that a document shows, in its order."""
    return list(_code_in((ROOT / document).read_text(encoding="utf-8")))


def _code_in(text: str) -> Iterator[Code]:
    heading, step, depth, is_heading = "", 0, 0, False
    for token in MarkdownIt().parse(text):
        if token.type == "heading_open":
            is_heading, step = True, 0
        elif token.type == "list_item_open":
            depth += 1
            step = int(token.info or 0) if depth == 1 else step
        elif token.type == "list_item_close":
            depth -= 1
            step = step if depth else 0
        elif token.type in {"fence", "code_block"}:
            yield Code(heading, step, token.content, is_block=True, language=token.info)
        elif token.type == "inline" and is_heading:
            heading, is_heading = token.content, False
        elif token.type == "inline":
            for child in token.children or ():
                if child.type == "code_inline":
                    yield Code(heading, step, child.content, is_block=False, language="")


def block(heading: str, beginning: str, document: str = "README.md") -> str:
    """Return the one block under a heading that begins so."""
    blocks = [one.text for one in code_in(document) if one.heading == heading and one.is_block]
    (found,) = (text for text in blocks if text.startswith(beginning))
    return found


def command(heading: str, beginning: str) -> str:
    """Return the one line of a block, or the one piece of code in a sentence, that begins so under a heading."""
    lines = [
        line
        for one in code_in()
        if one.heading == heading
        for line in (one.text.splitlines() if one.is_block else [one.text])
        if line.startswith(beginning)
    ]
    (found,) = lines
    return re.sub(r"\s+", " ", found)
