"""The ways a request can break the rules of the domain.

Each class names one condition. Its name, in kebab case, is the stable type of the problem returned to a client,
so renaming a class is a change of contract.
"""

# Over 300 lines: every condition in one list.

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with one field, and how to mend it.

    `field` is the path a client knows it by, such as `participants.police`. The texts never repeat the value given:
    it may hold a personal identity number. `swedish_remedy` is given where someone else has written the remedy, in both
    languages, such as in a definition; ours are found by their English words.
    """

    field: str
    reason: str
    remedy: str
    swedish_remedy: str | None = None


class Unreadable(Exception):
    """A text has no meaning of the kind that is asked for; `reason` and `remedy` never repeat it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def listed(violations: Sequence[Violation], most: int) -> list[Violation]:
    """Return the violations; of more than so many the first, and as the last one how many there are besides."""
    if len(violations) <= most:
        return [*violations]
    return [*violations[: most - 1], not_listed(len(violations) - most + 1)]


def not_listed(more: int) -> Violation:
    """Return the last entry of a list of faults that has so many more."""
    return Violation("", f"{more} more faults are not listed", "Mend these first.")


class DomainError(Exception):
    """Something the domain does not allow. Raise a subclass, whose name says what."""

    # After how many seconds the same may succeed, of what passes by itself.
    retry_after_seconds: ClassVar[int | None] = None
    # What is said where it is raised without words of its own.
    usual_detail: ClassVar[str]

    def __init__(self, detail: str | None = None, violations: Iterable[Violation] = ()) -> None:
        self.detail = self.usual_detail if detail is None else detail
        super().__init__(self.detail)
        self.violations = tuple(violations)

    @classmethod
    def slug(cls) -> str:
        """Return the class name in kebab case: `invalid-period` for InvalidPeriod."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class DateOutsideCalendar(DomainError):
    """A date lies before or after the calendar that periods and working days are known for."""


class InvalidPeriod(DomainError):
    """A text or a date names no month, tertial or year of the calendar."""


class InvalidTarget(DomainError):
    """A target lacks a value its rule needs, or has one its rule has no use for."""


class InvalidActivity(DomainError):
    """An activity breaks the rules of its type, or rules that hold for every activity."""


class InvalidArea(DomainError):
    """An area contradicts itself or the areas around it."""


class InvalidAgreement(DomainError):
    """An agreement or one of its annexes contradicts itself."""


class InvalidCommitment(DomainError):
    """A commitment contradicts itself or its agreement, or names what does not exist."""


class CommitmentInUse(DomainError):
    """Activities refer to a part of the commitment that would go."""


class InvalidObservation(DomainError):
    """An observation breaks the rules of its measure, or names what does not exist."""


class InvalidNote(DomainError):
    """A note is about no figure that there can be, or holds what no note may hold."""


class InvalidBreak(DomainError):
    """A break is of no indicator, area or month that there can be, or its reason holds what no text may hold."""


class BreakExists(DomainError):
    """The indicator has a break with that month in the area, for another reason."""


class UnknownBreak(DomainError):
    """No break has the id given."""

    usual_detail = "No break has this id."


class UnknownArea(DomainError):
    """No area has the code given."""

    usual_detail = "No area has this code. /areas lists them all."


class UnknownAgreement(DomainError):
    """No agreement has the code given."""

    usual_detail = "No agreement has this code. /agreements lists them all."


class UnknownCommitment(DomainError):
    """The agreement has no commitment with the code given."""

    usual_detail = "The agreement has no commitment with this code."


class UnknownObservation(DomainError):
    """No observation has the id given."""

    usual_detail = "No observation has this id."


class UnknownNote(DomainError):
    """No note has the id given."""

    usual_detail = "No note has this id."


class OutdatedVersion(DomainError):
    """The version sent of an activity is older than the one that is kept."""


class OutdatedObservation(DomainError):
    """The figure sent of an observation is preliminary, and the one that is kept is final."""


class UnknownActivity(DomainError):
    """No activity has the id given."""

    usual_detail = "No activity has this id."


class InvalidDuplicate(DomainError):
    """Two activities cannot be linked as reports of one event."""


class UnknownDuplicate(DomainError):
    """The activity has no duplicate with the id given."""

    usual_detail = "The activity has no duplicate with this id."


class UnknownActivityType(DomainError):
    """No activity type has the code given."""

    usual_detail = "No activity type has this code. /activity-types lists them all."


class InvalidMapping(DomainError):
    """A mapping from a source's columns contradicts itself."""


class UnknownMapping(DomainError):
    """No import mapping has the code given."""

    usual_detail = "No import mapping has this code. /import-mappings lists them all."


class UnknownImport(DomainError):
    """No import of activities has the id given."""

    usual_detail = "No import has this id."


class UnknownUpload(DomainError):
    """No file that waits has the id given."""

    usual_detail = "No file waits here. It may have been imported, or removed after a day."


class UnknownIndicator(DomainError):
    """No indicator has the code given."""

    usual_detail = "No indicator has this code. /indicators lists them all."


class UnknownRole(DomainError):
    """No role has the code given."""

    usual_detail = "No role has this code. /roles lists them all."


class InvalidDefinition(DomainError):
    """An activity type or indicator of a municipality's own contradicts itself, or what it builds on."""


class DefinitionTaken(DomainError):
    """The code belongs to a definition that ships with the service, or that others have in force."""


class DefinitionInUse(DomainError):
    """Indicators or targets build on what a definition would lose."""


class UnknownReport(DomainError):
    """There is no report of the area and period given."""


class UnknownIndicatorValue(DomainError):
    """No indicator value has the id given."""

    usual_detail = "No indicator value has this id. Ids follow from /indicator-values."


class StaleRevision(DomainError):
    """What the client means to change has changed since it was read."""


class InvalidCursor(DomainError):
    """A cursor of the change feed is none that was given out."""


class OutdatedCursor(DomainError):
    """A cursor belongs to a numbering of changes that has ended: the feed must be read from the start."""


class FeedNotReady(DomainError):
    """The database was restored from another server, and its changes are not yet numbered afresh."""


class InvalidWebhook(DomainError):
    """A subscription names an address that nothing may be sent to, or codes that do not exist."""


class UnknownWebhook(DomainError):
    """No webhook has the id given."""

    usual_detail = "No webhook has this id."


class InvalidPulledSource(DomainError):
    """A pulled source names what does not exist, or an address that may not be reached."""


class UnknownPulledSource(DomainError):
    """No pulled source has the code given."""

    usual_detail = "No pulled source has this code. /pulled-sources lists them all."


class InvalidApiClient(DomainError):
    """A client of the API would have a name, an owner, grants or an end that it cannot have."""


class UnknownApiClient(DomainError):
    """No client of the API has the id given."""

    usual_detail = "No client that you administer has this id. /api-clients lists them all."


class ApiClientNotInForce(DomainError):
    """The client of the API is revoked or has expired."""


class WiderGrants(DomainError):
    """The client of the API may do more than whoever would renew it."""


class LastAdministrator(DomainError):
    """Nobody would be left who administers an area."""


class InvalidPerson(DomainError):
    """A person would have an address, a name or a role that they cannot have."""


class UnknownPerson(DomainError):
    """Nobody who may be seen has the number given."""

    usual_detail = "Nobody has this number."


class WiderRoles(DomainError):
    """The person may do more than whoever would change them, or sign in as them."""


class LastCoordinator(DomainError):
    """Nobody would be left who coordinates an area, or who administers it."""


class UnknownAgreementPeriod(DomainError):
    """The agreement has no such period, or no such revision of it."""


class UnknownAnnex(DomainError):
    """The agreement has no annex of the number given that is in force in the period."""

    usual_detail = "The agreement has no annex of this number in the period."


class InvalidStep(DomainError):
    """A step of closing a period lacks what it needs, or holds what it must not."""


class StepNotPossible(DomainError):
    """The period of the agreement is not as it must be for the step."""


class FiguresNotSettled(DomainError):
    """Figures of the period are still being brought up to date; to try again soon helps."""

    retry_after_seconds = 5


class InvalidOpenData(DomainError):
    """A catalogue of open data would be of no municipality, or name a publisher who cannot be reached."""


class UnknownOpenData(DomainError):
    """The area has no catalogue of open data."""

    usual_detail = "No open data of this area is published. /open-data-catalogues lists who publishes."


class FiguresNotOpen(DomainError):
    """Figures of one municipality are shown to no other, and so to nobody at all."""
