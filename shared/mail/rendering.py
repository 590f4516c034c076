"""From templates to a letter: its text and its HTML say the same."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.mail.sending import Letter
from shared.wording.translation import translator_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.domain.wording import Language

_HERE = Path(__file__).parent
TEXTS = _HERE / "texts"
translator = partial(translator_in, TEXTS)
"""Finds the texts of a language."""


def render(
    name: str,
    language: Language,
    recipient: str,
    subject: str,
    headers: Mapping[str, str],
    **values: Any,  # noqa: ANN401  whatever a template shows
) -> Letter:
    """Return a letter from the templates of a name, `.txt` and `.html`."""
    values = {"t": translator(language), "language": language, "subject": subject, **values}
    plain, html = (_environment().get_template(f"{name}.{kind}").render(values) for kind in ("txt", "html"))
    return Letter(recipient, subject, plain, html, headers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
