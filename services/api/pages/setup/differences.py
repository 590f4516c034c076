"""What a template would make, change and remove, part by part, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.api.pages.setup.stored import PARTS
from services.api.pages.texts import translator
from shared.domain.followed import ANNEX, WHOLE
from shared.domain.target_wording import rule
from shared.domain.wording import in_language, name_sort_key
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.stored import Stored
    from shared.catalogue.loader import Catalogue
    from shared.domain.person import GivenRole
    from shared.domain.role import RoleSpan
    from shared.domain.wording import Language

KINDS = ("created", "changed", "removed")
# Where documents have their names.
_FIELDS = {"agreement": "title", "commitments": "wording"}


@dataclass(frozen=True, slots=True)
class PartChanges:
    """What changes in a part, by names, and how many stay as they are."""

    part: str
    created: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]
    unchanged: int

    def named(self) -> Sequence[tuple[str, Sequence[str]]]:
        """Return the kinds of change that there are, with the names."""
        return [(kind, names) for kind in KINDS if (names := getattr(self, kind))]


def changes_between(before: Stored, after: Stored, names: Names) -> list[PartChanges]:
    """Return what is other after than before, for each part that there is anything of."""
    found = []
    for part in PARTS:
        was, is_now = before.items(part), after.items(part)
        if not was and not is_now:
            continue

        def named(keys: set[Hashable], stored: Stored, part: str = part) -> list[str]:
            items = stored.items(part)
            return sorted((names.of(part, key, items[key], stored) for key in keys), key=in_order)

        both = was.keys() & is_now.keys()
        changed = {key for key in both if was[key] != is_now[key]}
        found.append(
            PartChanges(
                part,
                named(is_now.keys() - was.keys(), after),
                named(changed, after),
                named(was.keys() - is_now.keys(), before),
                len(both) - len(changed),
            )
        )
    return found


def in_order(name: str) -> tuple[int, str]:
    """Return what names are sorted by: those that begin with a number by that."""
    number = name.partition(".")[0]
    return int(number) if number.isdecimal() else 0, name_sort_key(name)


class Names:
    """What things are called in a language."""

    def __init__(self, catalogue: Catalogue, choices: TemplateChoices, language: Language) -> None:
        self._catalogue = catalogue
        self._choices = choices
        self.language = language
        self._t = translator(language)

    def of(self, part: str, key: Hashable, item: Any, stored: Stored) -> str:  # noqa: ANN401  as `Stored.items` has it
        """Return what a thing of a part is called."""
        if part in _FIELDS:
            return str(item[_FIELDS[part]])
        match part:
            case "annexes":
                return f"{item['number']}. {item['title']}"
            case "targets":
                return self._target(item, stored)
            case "roles":
                return self._role(key, item, stored)
            case "people":
                return self._person(key, *item)
            case _:
                return str(item.name if part == "terms" else stored.areas[str(key)].name)

    def _role(self, key: Any, span: RoleSpan, stored: Stored) -> str:  # noqa: ANN401  as `Stored.items` has it
        role = self._catalogue.roles.get(span.role)
        called = in_language(role.name, self.language) if role else span.role
        since = self._t("setup.since", day=date_in_words(span.first, self.language))
        return f"{self._area(key[0], stored)}: {called}, {since}"

    def _person(self, key: Any, name: str | None, given: GivenRole, area: str) -> str:  # noqa: ANN401  as above
        annex = f", {self._t('setup.annexNumber', number=given.annex)}" if given.annex is not None else ""
        return f"{name or key[0]}: {self._t(f'role.{given.role}')}, {area}{annex}"

    def _target(self, target: Any, stored: Stored) -> str:  # noqa: ANN401  an entry of the agreement
        series = self._choices.names("series", self.language)
        part = target["slice"]
        whole = series.get(f"{target['indicator']}/{WHOLE}", "")
        called = series.get(f"{target['indicator']}/{part}") or f"{whole}, {self._own()}"
        definition = self._catalogue.indicators.get(target["indicator"])
        given = {name: value for name, value in target.items() if value not in (None, [])}
        asked = ""
        if definition is not None:
            language = self.language
            asked = rule(given, definition.unit, language)
        areas = ", ".join(self._area(code, stored) for code in target["areas"] or [target["area"]])
        return f"{called}: {asked} ({areas})"

    def _own(self) -> str:
        return self._choices.names("counted", self.language)[ANNEX].lower()

    @staticmethod
    def _area(code: str, stored: Stored) -> str:
        return stored.areas[code].name if code in stored.areas else stored.municipality.name
