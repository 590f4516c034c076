"""What each operation and each entity set is about, and so what it answers to whom. What is not here fails."""

from __future__ import annotations

from enum import Enum, auto

from services.api.http.routing import BASE
from shared.db.keys import KeyScope

READ, REPORT, COORDINATE, ADMINISTER = KeyScope


class Rule(Enum):
    """What an operation does with what belongs to an area."""

    # About the service itself: everybody may ask, without a key.
    SERVICE = auto()
    # Public structure, for every key: areas, agreements, definitions.
    STRUCTURE = auto()
    # Changes that, or takes all about it out: 403 for who does not administer all areas that it concerns.
    STRUCTURE_CHANGE = auto()
    # Figures of municipalities and above are for every key.
    FIGURES = auto()
    # What a figure is made of: the list is for every key, what is in it only for whose areas it is in.
    FACTS_BEHIND = auto()
    # A list of facts, or of what is owned: others' are not in it, nor counted.
    LIST = auto()
    # One fact, or one thing that is owned: to others it does not exist.
    ONE = auto()
    # A new fact: to others its area does not exist.
    NEW_FACT = auto()
    # A new thing that belongs to whoever makes it.
    NEW_THING = auto()
    # A thing by its code, of which every owner has codes of its own.
    OWN_CODE = auto()
    # Makes or replaces such a thing.
    OWN_CODE_CHANGE = auto()
    # A client, or a new one: to others there is neither it, nor are there areas that it could be given.
    CLIENT = auto()


OPERATIONS: dict[str, tuple[Rule, KeyScope | None]] = {
    "showApiInfo": (Rule.SERVICE, None),
    # Figures
    "listIndicatorValues": (Rule.FIGURES, READ),
    "showIndicatorValue": (Rule.FIGURES, READ),
    "showChart": (Rule.FIGURES, READ),
    # Of areas inside, for who sees the whole of the area around them.
    "listAreaDifferences": (Rule.FIGURES, READ),
    "getIndicatorValueFile": (Rule.FIGURES, READ),
    # Comments and what is missing are in it for those whose area it is: tests/report.
    "getReport": (Rule.FIGURES, READ),
    "listChanges": (Rule.FIGURES, READ),
    "listClosedValues": (Rule.FIGURES, READ),
    # What is in these is of areas whose facts the caller sees, by policies.
    "listClosedNotes": (Rule.FIGURES, READ),
    "listLaterValues": (Rule.FIGURES, READ),
    "listActivitiesBehind": (Rule.FACTS_BEHIND, READ),
    "listPlacesBehind": (Rule.FACTS_BEHIND, READ),
    "listCommitmentsBehind": (Rule.STRUCTURE, READ),
    "listObservationsBehind": (Rule.FACTS_BEHIND, REPORT),
    # Structure
    "listAreas": (Rule.STRUCTURE, READ),
    "showArea": (Rule.STRUCTURE, READ),
    "putArea": (Rule.STRUCTURE_CHANGE, ADMINISTER),
    "showRoles": (Rule.STRUCTURE, READ),
    "replaceRoles": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "showTerms": (Rule.STRUCTURE, READ),
    "replaceTerms": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listAgreements": (Rule.STRUCTURE, READ),
    "showAgreement": (Rule.STRUCTURE, READ),
    "replaceAgreement": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "getAgreementArchive": (Rule.STRUCTURE_CHANGE, ADMINISTER),
    "listAnnexes": (Rule.STRUCTURE, READ),
    "showAnnex": (Rule.STRUCTURE, READ),
    "listTargets": (Rule.STRUCTURE, READ),
    "listAgreementPeriods": (Rule.STRUCTURE, READ),
    "showAgreementPeriod": (Rule.STRUCTURE, READ),
    # Of facts it tells those alone who see them.
    "listCompleteness": (Rule.FIGURES, READ),
    "markAnnexReady": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "unmarkAnnexReady": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listSteps": (Rule.STRUCTURE, READ),
    "showStep": (Rule.STRUCTURE, READ),
    "takeStepOfPeriod": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listClosedDefinitions": (Rule.STRUCTURE, READ),
    "listCommitments": (Rule.STRUCTURE, READ),
    "showCommitment": (Rule.STRUCTURE, READ),
    "replaceCommitment": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listActivityTypes": (Rule.STRUCTURE, READ),
    "showActivityType": (Rule.STRUCTURE, READ),
    "putActivityType": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listIndicators": (Rule.STRUCTURE, READ),
    "showIndicator": (Rule.STRUCTURE, READ),
    "putIndicator": (Rule.STRUCTURE_CHANGE, COORDINATE),
    "listRoles": (Rule.STRUCTURE, READ),
    "showRole": (Rule.STRUCTURE, READ),
    "putRole": (Rule.STRUCTURE_CHANGE, COORDINATE),
    # Facts
    "reportActivity": (Rule.NEW_FACT, REPORT),
    "listActivities": (Rule.LIST, READ),
    "showActivity": (Rule.ONE, READ),
    "correctActivity": (Rule.ONE, REPORT),
    "eraseActivity": (Rule.ONE, REPORT),
    "linkDuplicate": (Rule.ONE, REPORT),
    "unlinkDuplicate": (Rule.ONE, REPORT),
    "listDuplicateSuspects": (Rule.LIST, READ),
    "reportObservation": (Rule.NEW_FACT, REPORT),
    "listObservations": (Rule.LIST, REPORT),
    "showObservation": (Rule.ONE, REPORT),
    "correctObservation": (Rule.ONE, REPORT),
    "eraseOneObservation": (Rule.ONE, REPORT),
    "listObservationRevisions": (Rule.ONE, REPORT),
    "createBreak": (Rule.NEW_FACT, COORDINATE),
    "listBreaks": (Rule.LIST, READ),
    "showBreak": (Rule.ONE, READ),
    "deleteBreak": (Rule.ONE, COORDINATE),
    "addNote": (Rule.NEW_FACT, REPORT),
    "listNotes": (Rule.LIST, READ),
    "showNote": (Rule.ONE, READ),
    "changeNote": (Rule.ONE, REPORT),
    "removeNote": (Rule.ONE, REPORT),
    "putNoteRemoval": (Rule.ONE, ADMINISTER),
    "listNoteRemovals": (Rule.LIST, READ),
    "showNoteRemoval": (Rule.ONE, READ),
    # What is owned
    "listMappings": (Rule.LIST, READ),
    "showMapping": (Rule.OWN_CODE, READ),
    "replaceMapping": (Rule.OWN_CODE_CHANGE, REPORT),
    "removeMapping": (Rule.OWN_CODE, REPORT),
    "importActivities": (Rule.NEW_THING, REPORT),
    "listActivityImports": (Rule.LIST, READ),
    "showActivityImport": (Rule.ONE, READ),
    "listActivityImportRemarks": (Rule.ONE, READ),
    "importObservations": (Rule.NEW_THING, REPORT),
    "listObservationImports": (Rule.LIST, READ),
    "showObservationImport": (Rule.ONE, READ),
    "listObservationImportRemarks": (Rule.ONE, READ),
    "addWebhook": (Rule.NEW_THING, ADMINISTER),
    "listWebhooks": (Rule.LIST, ADMINISTER),
    "showWebhook": (Rule.ONE, ADMINISTER),
    "changeWebhook": (Rule.ONE, ADMINISTER),
    "removeWebhook": (Rule.ONE, ADMINISTER),
    "addChallenge": (Rule.ONE, ADMINISTER),
    "addSecret": (Rule.ONE, ADMINISTER),
    "addReplay": (Rule.ONE, ADMINISTER),
    "listDeliveries": (Rule.ONE, ADMINISTER),
    "listPulledSources": (Rule.LIST, ADMINISTER),
    "showPulledSource": (Rule.OWN_CODE, ADMINISTER),
    "replacePulledSource": (Rule.OWN_CODE_CHANGE, ADMINISTER),
    "removePulledSource": (Rule.OWN_CODE, ADMINISTER),
    "addApiClient": (Rule.CLIENT, ADMINISTER),
    "listApiClients": (Rule.LIST, ADMINISTER),
    "showApiClient": (Rule.CLIENT, ADMINISTER),
    "changeApiClient": (Rule.CLIENT, ADMINISTER),
    "revokeApiClient": (Rule.CLIENT, ADMINISTER),
    "addKey": (Rule.CLIENT, ADMINISTER),
    # Who publishes open data, everybody may know.
    "listOpenData": (Rule.STRUCTURE, READ),
    "showOpenData": (Rule.STRUCTURE, READ),
    "putOpenData": (Rule.STRUCTURE_CHANGE, ADMINISTER),
    "removeOpenData": (Rule.STRUCTURE_CHANGE, ADMINISTER),
    # What is in it is that of the sealed entries of the caller's areas, which have a policy.
    "listAuditEntries": (Rule.FIGURES, ADMINISTER),
}

ENTITY_SETS: dict[str, Rule] = {
    "IndicatorValues": Rule.FIGURES,
    "Indicators": Rule.STRUCTURE,
    "Areas": Rule.STRUCTURE,
    "AreaPaths": Rule.STRUCTURE,
    "Periods": Rule.STRUCTURE,
    "Targets": Rule.STRUCTURE,
    "Activities": Rule.LIST,
}

# What is served beside the specification, and the status that a stranger gets.
OTHER_ADDRESSES: dict[str, int] = {
    f"{BASE}/indicator-values/chart.svg": 401,
    "/health/live": 200,
    "/health/ready": 200,
    BASE: 200,
    f"{BASE}/openapi.json": 200,
    f"{BASE}/openapi.yaml": 200,
    f"{BASE}/docs": 200,
    f"{BASE}/docs/page.js": 200,
    f"{BASE}/docs/swagger-ui.css": 200,
    f"{BASE}/docs/swagger-ui-bundle.js": 200,
}
