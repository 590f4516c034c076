"""The words by which sheets name their columns, in Swedish and English, by the field that they mean."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from shared.domain.matching import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

# A year in a title, and the first one that a sheet can be about.
YEAR_IN_TEXT: Final = re.compile(r"(?<!\d)20[1-4]\d(?!\d)")
FIRST_YEAR: Final = 2010
EXACT, HOLDS, BEGINS = 1.0, 0.8, 0.6
# A word of a header may have an ending that the known one lacks: platsen, elevernas.
_LONG_ENOUGH: Final = 5
_WORDS: Final = re.compile(r"[\wåäöé:#]+")
# A number of participants without a word of whom; the type of the activity says which groups there are.
PARTICIPANTS: Final = "participants"
# Columns that are not read: they name people or say again what another says, or the sheet counts its rows by them.
IGNORED: Final = "ignore"

HEADERS: Final[Mapping[str, str]] = {
    "start": (
        "datum, date, dag, day, när, when, start, startdatum, start date, genomfört, genomförd, genomfördes, utfört, "
        "utförd, utfördes, besöksdatum, tidpunkt, startade, påbörjat, påbörjad, vecka, vecka nr, veckonr, veckonummer, "
        "v, week, v nr, performed"
    ),
    "end": "slut, slutdatum, end, end date, slutade, till och med, tom, avslutades",
    "reported": (
        "anmält, anmäld, anmälningsdatum, anmäldes, inkom, inkommet, inkommen, inkommer, rapporterat, rapporterad, "
        "upptäckt, reported, registrerad, registrerat, felanmält, received"
    ),
    "policeReported": "polisanmält, polisanmäld, polisanmälan, polisanmäldes, reported to police, police report",
    "completed": (
        "åtgärdat, åtgärdad, sanerat, sanerad, sanerades, klart, klar, klart datum, färdigt, färdig, avslutat, "
        "avslutad, borttaget, completed, done, removed, finished"
    ),
    "area": (
        "plats, ställe, område, skola, park, gym, var, lokal, torg, place, location, school, site, area, where, "
        "stadsdel, mötesplats, enhet, arena, bostadsområde, skolenhet"
    ),
    "type": (
        "aktivitet, aktivitetstyp, typ av aktivitet, insats, typ av insats, insatstyp, activity, activity type, "
        "händelse, vad, åtgärd, action"
    ),
    "status": "status, läge, utfall, state",
    PARTICIPANTS: (
        "deltagare, antal deltagare, deltog, deltagarantal, närvarande, participants, attendees, antal personer, "
        "personer, besökare, attendance, number of participants"
    ),
    "participants.residents": "boende, invånare, residents, antal boende, medborgare",
    "participants.pupils": "elever, antal elever, elev, pupils, students, barn och elever",
    "participants.parents": "föräldrar, vårdnadshavare, parents, antal föräldrar",
    "participants.principals": "rektor, rektorer, principals",
    "participants.studentHealthStaff": "elevhälsa, elevhälsan, elevhälsans personal, student health staff",
    "participants.otherSchoolStaff": "övrig skolpersonal, skolpersonal, lärare, teachers, other school staff",
    "participants.socialServices": "socialtjänst, socialtjänsten, soc, social services",
    "participants.municipality": "kommunen, kommun, kommunanställda, tjänstepersoner, municipality",
    "participants.police": "polis, poliser, antal poliser, police, police officers",
    "participants.propertyOwners": "fastighetsägare, property owners",
    "participants.volunteers": "volontärer, frivilliga, volunteers",
    "participants.associations": "föreningar, förening, associations",
    "participants.businesses": "företag, näringsidkare, handlare, businesses",
    "participants.other": "övriga, andra, other, övriga deltagare",
    "cost": "kostnad, kostnader, belopp, pris, kr, kronor, sek, cost, price, amount",
    "count": (
        "antal, antal kontroller, antal mätningar, antal tillfällen, antal besök, number, count, antal prov, st, "
        "number of checks"
    ),
    "annex": "bilaga, bilaga nr, annex, handlingsplan",
    "externalId": (
        "ärende, ärendenummer, ärendenr, ärende nr, case, case number, diarienummer, dnr, id, id nr, referens, "
        "referensnummer, case id, ärende id"
    ),
    "note": "kommentar, kommentarer, anteckning, anteckningar, notering, beskrivning, comment, comments, notes, note, "
    "anmärkning, fritext, övrigt",
    IGNORED: (
        "namn, kontaktperson, kontakt, ansvarig, handläggare, telefon, tel, e post, epost, mejl, mail, name, phone, "
        "email, responsible, signatur, sign, rapporterad av, uppgiftslämnare, nr, löpnr, löpnummer, rad, rad nr, #, "
        "tid, klockslag, kl, time, veckodag, weekday, timme, no, row"
    ),
}


@cache
def _phrases() -> list[tuple[str, list[str]]]:
    return [
        (field, words)
        for field, phrases in HEADERS.items()
        for words in (_WORDS.findall(folded(phrase)) for phrase in phrases.split(","))
    ]


def words_in(name: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORDS.findall(folded(name).replace("_", " "))


def likeness(words: list[str], phrase: list[str]) -> float:
    """Return how surely a header of some words means a phrase; 0 where it does not."""
    if words == phrase:
        return EXACT
    width = len(phrase)
    if any(words[at : at + width] == phrase for at in range(len(words) - width + 1)):
        return HOLDS
    if width == 1 and any(word.startswith(phrase[0]) for word in words) and len(phrase[0]) >= _LONG_ENOUGH:
        return BEGINS
    return 0


@cache
def fields_named(name: str) -> Mapping[str, float]:
    """Return the fields that a column's name may mean, with how surely."""
    words = words_in(name)
    found: dict[str, float] = {}
    for field, phrase in _phrases():
        if (score := likeness(words, phrase)) > found.get(field, 0):
            found[field] = score
    return found


def is_known(name: str) -> bool:
    """Tell whether a text is one that sheets name columns by."""
    return bool(fields_named(name)) and len(words_in(name)) <= _LONG_ENOUGH
