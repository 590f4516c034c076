"""A row is as high as its texts need, whose lines are parted between words."""

from __future__ import annotations

import pytest

from shared.files.row_height import LINE_HEIGHT, height_of


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("kort", 10, 1),
        ("ett\ntvå\n\nfyra", 10, 4),
        ("x" * 20, 20, 1),
        # 39 letters are two lines of 20 only if a word is broken.
        ("samverkansområde trygghetsvandring nu", 20, 2),
        ("samverkansområde trygghetsvandring igen", 20, 3),
        # A word that has no room is broken.
        ("x" * 50, 20, 3),
    ],
)
def test_a_row_has_room_for_each_line(text: str, width: int, lines: int) -> None:
    assert height_of([(text, width)]) == lines * LINE_HEIGHT


def test_the_highest_text_decides() -> None:
    assert height_of([("kort", 20), ("ett\ntvå\ntre", 20)]) == 3 * LINE_HEIGHT
    assert height_of([]) == LINE_HEIGHT


def test_bold_needs_more_room() -> None:
    text, width = "x" * 20, 21
    assert height_of([(text, width)], is_bold=True) > height_of([(text, width)])
