"""A municipality's whole agreement, as somebody fills it in: ten annexes, targets, promises, places, roles, people."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from services.api.pages.setup.choices import TemplateChoices
from shared.catalogue.indicator import THEMES
from shared.catalogue.loader import shipped_catalogue
from shared.domain.wording import Language

if TYPE_CHECKING:
    from tests.pages.setup.sheets import Cell, Rows

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
PARTIES = ("Kommunen", "Lokalpolisområdet", "Fastighetsägarna")
SCHOOLS = ("Norra skolan", "Södra skolan", "Östra skolan", "Västra skolan")
PLACES = (
    *((name, "school") for name in SCHOOLS),
    ("Stadsparken", "park"),
    ("Ån", "park"),
    ("Stora torget", "square"),
    ("Lilla torget", "square"),
    ("Styrkan", "gym"),
    ("Polisen i centrum", "police-office"),
    ("Centrum", "district"),
    ("Bergsområdet", "residential-area"),
)
_CHOICES = TemplateChoices(shipped_catalogue(), ())


def name_of(source: str, code: str, language: Language = Language.SV) -> str:
    """Return what a list of the template calls a code."""
    return _CHOICES.names(source, language)[code]


def agreement(title: str = "Överenskommelse om samverkan 2026–2027") -> Rows:
    """Return the fields of the agreement."""
    return [
        {"title": title, "validFrom": FIRST, "validTo": LAST, "caseNumber": "KS 2026-7", "parties": "\n".join(PARTIES)}
    ]


def annexes() -> Rows:
    """Return ten annexes: nine of a theme, and one that lists what it follows."""
    return [
        {"number": number, "title": f"Bilaga om {name_of('theme', theme).lower()}", "theme": name_of("theme", theme)}
        if number < 10
        else {"number": 10, "title": "Trygga kvällar", "purpose": "Fler vågar gå ut.", "goals": "Ett mål\nEtt till"}
        for number, theme in enumerate(THEMES, 1)
    ]


def followed() -> Rows:
    """Return what the annex without a theme follows."""
    return [
        {"annex": 10, "indicator": name_of("series", "foot-patrols/all"), "counted": name_of("counted", "annex")},
        {"annex": 10, "indicator": name_of("series", "safety-walks/all")},
    ]


def _target(
    annex: int, series: str, rule: str, value: float | None = None, per: str = "year", **more: Cell
) -> dict[str, Cell]:
    return {
        "annex": annex,
        "indicator": name_of("series", series),
        "rule": name_of("rule", rule),
        "value": value,
        "per": name_of("per", per),
        **more,
    }


def targets() -> Rows:
    """Return targets of most rules."""
    return [
        _target(4, "graffiti-started-in-time/all", "atLeast", 80, wording="Minst 80 procent i tid."),
        _target(4, "graffiti-cleanups/all", "lessThanBefore"),
        _target(4, "graffiti-cleanups/all", "atMost", 12, area="Stadsparken"),
        _target(7, "contact-officer-schools/all", "between", 3, upperValue=5),
        _target(7, "school-visits-as-needed/all", "atLeast", 100),
        _target(3, "safety-walks/all", "atLeast", 2, per="halfYear"),
        _target(10, "foot-patrols/all", "atLeast", 40, counted=name_of("counted", "annex")),
        _target(1, "reported-assaults/all", "lessThanBefore percent", 5),
    ]


def commitments() -> Rows:
    """Return a promise with a day, one that is repeated, and something that is no promise."""
    yes, no = name_of("yesNo", "yes"), name_of("yesNo", "no")
    return [
        {
            "number": 1,
            "promise": yes,
            "wording": "Stadsparken får ny belysning.",
            "party": PARTIES[0],
            "annex": 4,
            "area": "Stadsparken",
            "dueOn": date(2026, 9, 30),
        },
        {
            "number": 2,
            "promise": yes,
            "wording": "Polisen fotpatrullerar i Centrum varje månad.",
            "party": PARTIES[1],
            "area": "Centrum",
            "every": name_of("every", "month"),
            "activityType": name_of("activityType", "foot-patrol"),
        },
        {"number": 3, "promise": no, "wording": "Parterna träffas två gånger.", "times": 2},
    ]


def places() -> Rows:
    """Return twelve places, two of them in a district."""
    inside = {"Stora torget": "Centrum", "Polisen i centrum": "Centrum"}
    return [{"name": name, "kind": name_of("placeKind", kind), "parent": inside.get(name)} for name, kind in PLACES]


def roles() -> Rows:
    """Return the roles of schools and of the gym."""
    role = {code: name_of("role", code) for code in ("contact-officer", "contact-officer-school", "certified-prodis")}
    return [
        *({"area": name, "role": role["contact-officer"], "validFrom": FIRST, "need": 1} for name in SCHOOLS[:3]),
        *({"area": name, "role": role["contact-officer-school"], "validFrom": FIRST} for name in SCHOOLS),
        {"area": "Styrkan", "role": role["certified-prodis"], "validFrom": FIRST, "validTo": date(2026, 6, 30)},
    ]


def terms() -> Rows:
    """Return two terms."""
    return [
        {"name": "Vårterminen 2026", "validFrom": date(2026, 1, 8), "validTo": date(2026, 6, 11)},
        {"name": "Höstterminen 2026", "validFrom": date(2026, 8, 18), "validTo": date(2026, 12, 18)},
    ]


def people(domain: str = "kommun.example") -> Rows:
    """Return twenty people of all roles."""
    role = {code: name_of("personRole", code) for code in ("reporter", "reader", "coordinator", "annex-owner")}
    reporters: Rows = [
        {"email": f"rapport{n}@{domain}", "name": f"Rapportör {n}", "role": role["reporter"], "party": PARTIES[n % 3]}
        for n in range(14)
    ]
    reporters[0]["area"] = SCHOOLS[0]
    return [
        *reporters,
        {"email": f"samordnare@{domain}", "name": "Sam Ordnare", "role": role["coordinator"]},
        {"email": f"politiker@{domain}", "role": role["reader"]},
        *({"email": f"bilaga{n}@{domain}", "role": role["annex-owner"], "annex": n} for n in (4, 7, 10)),
        {"email": f"rektor@{domain}", "role": role["reporter"], "area": "Södra skolan"},
    ]


def whole(domain: str = "kommun.example") -> dict[str, Rows]:
    """Return all of it."""
    return {
        "agreement": agreement(),
        "annexes": annexes(),
        "followed": followed(),
        "targets": targets(),
        "commitments": commitments(),
        "places": places(),
        "roles": roles(),
        "terms": terms(),
        "people": people(domain),
    }
