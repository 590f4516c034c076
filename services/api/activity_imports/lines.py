"""Cuts a body that arrives in pieces into lines, holding no more of it than one line."""

from __future__ import annotations

from collections.abc import AsyncIterator

LONGEST_LINE = 1024 * 1024


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[list[bytes | None]]:
    """Yield the lines that each piece completes, without their newline; None is one too long, which is let go."""
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
        if lines:
            yield [line if line is not None and len(line) <= LONGEST_LINE else None for line in lines]
    if held or is_too_long:
        yield [None if is_too_long else held]
