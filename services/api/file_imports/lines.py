"""Cuts a body that arrives in pieces into lines, holding no more of it than one line."""

from __future__ import annotations

from collections.abc import AsyncIterator

LONGEST_LINE = 1024 * 1024
# A stretch is read in a few milliseconds; in between the server does other work, such as writing the chunk before.
LINES_AT_A_STRETCH = 100


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[bytes | None]]:
    """Yield the lines that arrive, a stretch at a time and without their newline; None is one too long, let go."""
    held = b""
    is_too_long = False
    async for piece in pieces:
        first, *rest = piece.split(b"\n")
        held += first
        lines: list[bytes | None] = []
        if rest:
            lines = [None if is_too_long else held, *rest[:-1]]
            is_too_long = False
            held = rest[-1]
        if is_too_long or len(held) > LONGEST_LINE:
            is_too_long, held = True, b""
        for start in range(0, len(lines), LINES_AT_A_STRETCH):
            stretch = lines[start : start + LINES_AT_A_STRETCH]
            yield [line if line is not None and len(line) <= LONGEST_LINE else None for line in stretch]
    if held or is_too_long:
        yield [None if is_too_long else held]
