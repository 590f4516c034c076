"""Periods of agreements, the steps to their closing, and what was frozen, as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, PeriodTypeName, Resource, Text, example_page, example_resource
from services.api.notes.schemas import ENTRY_EXAMPLE as NOTE_EXAMPLE
from services.api.notes.schemas import NoteContent
from services.api.values.schemas import EXAMPLE as VALUE_EXAMPLE
from services.api.values.schemas import VALUE_ID, IndicatorValueEntry
from shared.catalogue.indicator import Kind, Unit
from shared.closing.periods import ClosingState
from shared.closing.steps import LONGEST_REASON, Step
from shared.domain.fields import Day, Document, Instant

PATH = "agreements/landskrona-2015-2016/periods"
OF_PERIOD = f"{PATH}/2016-t1"

SUMMARY_EXAMPLE: dict[str, Any] = {
    "agreement": "landskrona-2015-2016",
    "period": "2016-T1",
    "periodType": "tertial",
    "periodStart": "2016-01-01",
    "periodEnd": "2016-04-30",
    "state": "prepared",
    "revision": 0,
}
ANNEX_EXAMPLE: dict[str, Any] = {
    "number": 4,
    "title": "Attraktiv stad",
    "isReady": True,
    "markedAt": "2016-05-04T08:00:01Z",
    "markedBy": "streets-and-parks",
}
STEP_EXAMPLE: dict[str, Any] = {
    "id": "0199c3a0-7b1e-7c52-9b0a-3f4f6f1f2a11",
    "step": "prepare",
    "takenAt": "2016-05-03T08:00:01Z",
    "takenBy": "landskrona-coordinator",
    "reason": None,
    "revision": None,
}
CLOSED_EXAMPLE = {**VALUE_EXAMPLE, "finality": "final", "revision": 3}
CLOSED_NOTE_EXAMPLE = {
    **{name: value for name, value in NOTE_EXAMPLE.items() if name != "isAfterClosing"},
    "removedAt": None,
    "removalReason": None,
}
DEFINITION_EXAMPLE: dict[str, Any] = {
    "code": "graffiti-cleanups",
    "version": 1,
    "name": {"sv": "Klottersaneringar", "en": "Graffiti removals"},
    "definition": {
        "sv": "Antal genomförda klottersaneringar.",
        "en": "Number of graffiti removals carried out.",
    },
    "numerator": {"sv": "Genomförda klottersaneringar", "en": "Graffiti removals carried out"},
    "denominator": None,
    "unit": "count",
    "direction": "lower",
    "kind": "count",
}
FIGURE_EXAMPLE: dict[str, Any] = {
    "numerator": 31,
    "denominator": None,
    "value": 31,
    "unit": "count",
    "leftOut": 0,
    "status": "observed",
    "definitionVersion": 1,
}
LATER_EXAMPLE: dict[str, Any] = {
    "id": VALUE_ID,
    "indicatorCode": "graffiti-cleanups",
    "slice": "all",
    "areaCode": "1282",
    "period": "2016-T1",
    "frozen": FIGURE_EXAMPLE,
    "later": {**FIGURE_EXAMPLE, "numerator": 32, "value": 32},
    "noticedAt": "2016-05-12T08:15:30.251904Z",
}


class AgreementPeriodEntry(Document):
    """How far a period of an agreement has come."""

    agreement: Annotated[str, Field(description="The agreement's code.")]
    period: Annotated[str, Field(description="A tertial, a year, or a period of the agreement's rhythm.")]
    period_type: PeriodTypeName
    period_start: Day
    period_end: Annotated[Day, Field(description="The last day, included.")]
    state: Annotated[
        ClosingState,
        Field(
            description="`open`; `prepared` and `submitted` on the way to `closed`: then the figures of the "
            "agreement's areas are final, and what comes later changes none of them."
        ),
    ]
    revision: Annotated[int, Field(description="How often it has been closed: the number of the last revision.")]


class AnnexOfPeriod(Document):
    """An annex in force in the period, and whether its owner has marked it ready (klarmarkerat)."""

    number: int
    title: str
    is_ready: bool
    marked_at: Instant | None
    marked_by: Annotated[str | None, Field(description="The name of whoever marked it, as in the audit trail.")]


class AgreementPeriod(AgreementPeriodEntry, Resource):
    """One period, with its annexes."""

    annexes: list[AnnexOfPeriod]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(OF_PERIOD, {**SUMMARY_EXAMPLE, "annexes": [ANNEX_EXAMPLE]})]}
    )


class AgreementPeriodPage(PageOf):
    """A page of an agreement's periods that have begun."""

    periods: list[AgreementPeriodEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page(PATH, "periods", SUMMARY_EXAMPLE)]})


class StepBody(Document):
    """A step as a client takes it."""

    step: Annotated[
        Step,
        Field(
            strict=False,
            description="`prepare` an open period that has ended, `submit` it when all annexes are ready, "
            "`approve` it, which closes it; `reopen` it at any time, until its activities are removed.",
        ),
    ]
    reason: Annotated[
        str | None,
        Field(max_length=LONGEST_REASON, description="Why; a period is reopened for a reason. Never personal data."),
    ] = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"step": "prepare"}]})


class TakenStep(Document):
    """A step that was taken."""

    id: UUID
    step: Step
    taken_at: Instant
    taken_by: Annotated[
        str | None,
        Field(
            description="The name of whoever took it, as in the audit trail. Null, as the reason is, for who sees the "
            "facts of none of the agreement's areas."
        ),
    ]
    reason: str | None
    revision: Annotated[int | None, Field(description="Of an approval, the revision that it made.")]


class StepResource(TakenStep, Resource):
    """One step that was taken."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"{OF_PERIOD}/steps/{STEP_EXAMPLE['id']}", STEP_EXAMPLE)]}
    )


class StepPage(PageOf):
    """A page of the steps that were taken of a period, the first first."""

    steps: list[TakenStep]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"{OF_PERIOD}/steps", "steps", STEP_EXAMPLE)]}
    )


class ClosedValuePage(PageOf):
    """A page of the values of a revision, as they were served when it was closed."""

    closed_values: list[IndicatorValueEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"{OF_PERIOD}/closed-values", "closedValues", CLOSED_EXAMPLE)]}
    )


class ClosedNote(NoteContent):
    """A note of a revision, as it was when that was closed, or that it has been removed since."""

    text: Annotated[str | None, Field(description="Null where the note has been removed.")]  # type: ignore[assignment]  # a note in force has one
    removed_at: Instant | None
    removal_reason: str | None


class ClosedNotePage(PageOf):
    """A page of the notes of a revision, as they were when it was closed, by the day they were noted."""

    closed_notes: list[ClosedNote]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"{OF_PERIOD}/closed-notes", "closedNotes", CLOSED_NOTE_EXAMPLE)]}
    )


class ClosedDefinition(Document):
    """What an indicator of a revision meant when it was closed."""

    code: str
    version: int
    name: Text
    definition: Text
    numerator: Text
    denominator: Text | None
    unit: Unit
    direction: Literal["higher", "lower", "none"]
    kind: Kind


class ClosedDefinitionPage(PageOf):
    """A page of the definitions of a revision's indicators, by code."""

    closed_definitions: list[ClosedDefinition]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page(f"{OF_PERIOD}/closed-definitions", "closedDefinitions", DEFINITION_EXAMPLE)]
        }
    )


class ComparedFigure(Document):
    """What a figure says."""

    numerator: float | None
    denominator: float | None
    value: float | None
    unit: Unit
    left_out: int | None
    status: Literal["observed", "zero", "missing", "notApplicable", "suppressed"]
    definition_version: int


class LaterValue(Document):
    """A frozen figure, and what it would be by what has come since."""

    id: Annotated[str, Field(description="The id of the value.")]
    indicator_code: str
    slice: str
    area_code: str
    period: str
    frozen: Annotated[ComparedFigure | None, Field(description="What is served; null where there is no such figure.")]
    later: Annotated[ComparedFigure | None, Field(description="What it would be; null where there would be none.")]
    noticed_at: Annotated[Instant, Field(description="When it came to differ as it does.")]


class LaterValuePage(PageOf):
    """A page of what has come since the closing."""

    later_values: list[LaterValue]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"{OF_PERIOD}/later-values", "laterValues", LATER_EXAMPLE)]}
    )
