"""Elements of SVG as text. What is in a text is escaped, and lengths have one decimal at most."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def element(name: str, *content: str, **attributes: str | float) -> str:
    """Return an element; of an attribute's name `_` stands for `-`, and a last one is left out, as in `class_`."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else px(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(content)}</{name}>" if content else f"<{name}{written}/>"


def text_at(x: float, y: float, words: str, **attributes: str | float) -> str:
    """Return words whose line is at `y`, and which begin at `x` unless `text_anchor` says otherwise."""
    return element("text", escape(words), x=x, y=y, **attributes)


def points(*places: tuple[float, float]) -> str:
    """Return places as `d` and `points` have them."""
    return " ".join(f"{px(x)},{px(y)}" for x, y in places)


def px(length: float) -> str:
    """Return a length in pixels, as short as it can be with one decimal."""
    return f"{round(length, 1):g}"
