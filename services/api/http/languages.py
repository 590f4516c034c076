"""Which of our languages a client is answered in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.http.media_types import accepted_types
from shared.domain.wording import Language
from shared.wording.refusals import in_swedish, label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from starlette.datastructures import Headers


def preferred_language(accepted: str, otherwise: Language) -> Language:
    """Return which of our languages an Accept-Language header likes best; `otherwise` when it likes none better."""
    liked = {"sv": 0.0, "en": 0.0}
    for one in accepted_types(accepted):
        language = one.name.partition("-")[0]
        if language in liked:
            liked[language] = one.quality
    if liked["en"] == liked["sv"]:
        return otherwise
    return Language.EN if liked["en"] > liked["sv"] else Language.SV


def language_of_refusals(headers: Headers) -> Language:
    """Return the language in which a request is told what is wrong: Swedish where it is liked better, else English."""
    return preferred_language(headers.get("accept-language", ""), Language.EN)


def labelled(language: Language, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return entries that have a `field` with what a form calls it as `label`."""
    return [{"field": one["field"], "label": label(one["field"], language), **one} for one in entries]


def failure_in(language: Language, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry that may have a `failure` with it in the language."""
    failure = entry["failure"]
    return {**entry, "failure": in_swedish(failure) if failure and language is Language.SV else failure}


def refusals_in(language: Language, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return entries that have a `reason` and a `remedy` with these in the language; some bring a `swedish_remedy`."""
    return [_refusal_in(language, dict(entry)) for entry in entries]


def _refusal_in(language: Language, entry: dict[str, Any]) -> dict[str, Any]:
    swedish = entry.pop("swedish_remedy", None)
    if language is Language.EN:
        return entry
    return {**entry, "reason": in_swedish(entry["reason"]), "remedy": swedish or in_swedish(entry["remedy"])}
