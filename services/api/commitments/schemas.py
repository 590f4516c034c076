"""Commitments as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.agreements.schemas import MOST_ENTRIES, FollowUp, Line, StatusInWords, Title
from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain import commitment as domain
from shared.domain.activity_type import ATTRIBUTE_PATTERN
from shared.domain.codes import AreaCode
from shared.domain.commitment import FulfilledBy
from shared.domain.fields import Day, DefinedCode, Document
from shared.domain.follow_up import FollowUpStatus
from shared.domain.recurrence import MOST_DUE_DATES, Every
from shared.domain.recurrence import Recurrence as DomainRecurrence
from shared.domain.selected_activities import SelectedActivities
from shared.intake.activity_form import LARGEST_ANNEX, LONGEST_TEXT

MOST_TIMES = 10_000

EXAMPLE: dict[str, Any] = {
    "code": "safety-walks-2016",
    "annex": 3,
    "promise": True,
    "party": "Landskrona stad",
    "wording": "Staden håller minst fyra trygghetsvandringar under året.",
    "wordingEn": "The municipality holds at least four safety walks in the year.",
    "times": 4,
    "areas": ["1282"],
    "dueOn": "2016-12-31",
    "withdrawnOn": None,
    "decisions": [],
    "parties": ["Landskrona stad"],
    "eachArea": False,
    "followUps": [{"notedOn": "2016-05-02", "status": "ongoing", "text": "Två vandringar är gjorda."}],
    "recurrence": None,
    "fulfilledBy": "activities",
    "selection": None,
}
ENTRY_EXAMPLE = {
    "agreement": "landskrona-2015-2016",
    **EXAMPLE,
    "status": "ongoing",
    "progress": [{"area": "1282", "done": 3, "fulfilled": False}],
}
PATH = "agreements/landskrona-2015-2016/commitments"


class Decision(Document):
    """That the commitment is fulfilled in an area by decision, not by activities."""

    area: Annotated[AreaCode, Field(description="One of the commitment's areas.")]
    fulfilled_on: Annotated[Day, Field(description="Since when; after the due date is too late.")]
    due_on: Annotated[
        Day | None,
        Field(
            description="Where the commitment recurs: by which of its due dates. Left out, that of the span in which "
            "`fulfilledOn` lies."
        ),
    ] = None


class Recurrence(Document):
    """That the commitment falls due anew at the end of each span, and is to be done as many times in each.

    Spans follow each other from the first day on; one that the last day would cut short does not fall due.
    """

    every: Annotated[Every, Field(strict=False)]
    first: Annotated[
        Day | None,
        Field(alias="from", description="Left out, the agreement's first day; for weeks its first Monday."),
    ] = None
    until: Annotated[Day | None, Field(description="Left out, the agreement's last day.")] = None

    def as_recurrence(self) -> DomainRecurrence:
        """Return the recurrence as it is checked."""
        return DomainRecurrence(self.every, self.first, self.until)


class Selection(Document):
    """Which activities fulfil it in its areas without being linked, under whichever agreement they are reported."""

    activity_types: Annotated[
        list[DefinedCode],
        Field(min_length=1, max_length=MOST_ENTRIES, description="Any of them; from /activity-types."),
    ]
    attributes: Annotated[
        dict[
            Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)],
            Annotated[
                list[Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]],
                Field(min_length=1, max_length=MOST_ENTRIES),
            ],
        ],
        Field(max_length=MOST_ENTRIES, description="Of each attribute one of the values."),
    ] = Field(default_factory=dict)
    first: Annotated[Day | None, Field(alias="from", description="Left out, the agreement's first day.")] = None
    to: Annotated[Day | None, Field(description="Left out, the last due date.")] = None

    def as_selected(self) -> SelectedActivities:
        """Return the selection as it is checked."""
        attributes = {name: tuple(values) for name, values in self.attributes.items()}
        return SelectedActivities(tuple(self.activity_types), attributes, self.first, self.to)


class Progress(Document):
    """How far the commitment has come in one of its areas; where it recurs, by one of its due dates."""

    area: AreaCode
    due_on: Annotated[Day | None, Field(description="Where the commitment recurs: the end of the span.")] = None
    done: Annotated[int, Field(description="Linked or selected activities performed in the area by the due date.")]
    fulfilled: Annotated[bool, Field(description="As many as promised, or decided by the due date; no part counts.")]


class CommitmentBody(Document):
    """A commitment as a client sends it: whole."""

    code: Annotated[DefinedCode | None, Field(description="May be left out; else as in the address.")] = None
    annex: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST_ANNEX)] | None, Field(description="A number in the agreement.")
    ] = None
    promise: Annotated[bool, Field(description="Whether it is made to the public: a citizen promise.")]
    party: Annotated[
        Title | None,
        Field(description="Who promises it: an authority, never a person. Left out, the first of `parties`."),
    ] = None
    parties: Annotated[
        list[Title],
        Field(max_length=MOST_ENTRIES, description="All who promise it; parties of the agreement, if it names any."),
    ] = Field(default_factory=list)
    wording: Annotated[Line, Field(description="What is promised, in Swedish.")]
    wording_en: Annotated[Line | None, Field(description="In English.")] = None
    times: Annotated[
        int, Field(ge=1, le=MOST_TIMES, description="How many activities fulfil it in each area, by each due date.")
    ] = 1
    areas: Annotated[
        list[AreaCode], Field(min_length=1, max_length=MOST_ENTRIES, description="To be fulfilled in each of them.")
    ]
    due_on: Annotated[Day | None, Field(description="The last day for it; left out, the agreement's last day.")] = None
    withdrawn_on: Annotated[Day | None, Field(description="When it was withdrawn: it is then not followed up.")] = None
    decisions: Annotated[list[Decision], Field(max_length=MOST_DUE_DATES, default_factory=list)]
    each_area: Annotated[
        bool,
        Field(
            description="Whether each of its areas counts as a commitment of its own. Else it counts once, and as "
            "fulfilled when it is in all of them."
        ),
    ] = False
    status: Annotated[
        StatusInWords | None, Field(description="May be left out; else that of the newest follow-up.")
    ] = None
    follow_ups: Annotated[
        list[FollowUp], Field(max_length=MOST_ENTRIES, description="The newest says its `status`.")
    ] = Field(default_factory=list)
    recurrence: Recurrence | None = None
    fulfilled_by: Annotated[
        FulfilledBy | None,
        Field(
            strict=False,
            description="`activities`: linked ones, which is meant where it is left out. `selection`: those selected, "
            "and linked ones. `decision`: nothing else. A decision may always fulfil it.",
        ),
    ] = None
    selection: Selection | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_commitment(self, agreement: str, code: str) -> domain.Commitment:
        """Return the commitment as it is to be stored."""
        return domain.Commitment(
            agreement=agreement,
            code=code,
            annex=self.annex,
            is_promise=self.promise,
            party=self.party or next(iter(self.parties), ""),
            wording=self.wording,
            wording_en=self.wording_en,
            times=self.times,
            areas=tuple(self.areas),
            due_on=self.due_on,
            withdrawn_on=self.withdrawn_on,
            decisions=tuple(domain.Decision(one.area, one.fulfilled_on, one.due_on) for one in self.decisions),
            parties=tuple(self.parties),
            is_each_area=self.each_area,
            status=self.status,
            follow_ups=tuple(one.as_follow_up() for one in self.follow_ups),
            recurrence=None if self.recurrence is None else self.recurrence.as_recurrence(),
            fulfilled_by=self.fulfilled_by
            or (FulfilledBy.SELECTION if self.selection is not None else FulfilledBy.ACTIVITIES),
            selection=None if self.selection is None else self.selection.as_selected(),
        )


class CommitmentEntry(Document):
    """A commitment as it is kept, with how far it has come."""

    agreement: DefinedCode
    code: DefinedCode
    annex: int | None
    promise: bool
    party: str
    wording: str
    wording_en: str | None
    times: int
    areas: list[AreaCode]
    due_on: Annotated[Day, Field(description="The last one, where it recurs.")]
    withdrawn_on: Day | None
    decisions: list[Decision]
    parties: list[str]
    each_area: bool
    status: Annotated[FollowUpStatus | None, Field(description="That of the newest follow-up; null without any.")]
    follow_ups: list[FollowUp]
    recurrence: Recurrence | None
    fulfilled_by: FulfilledBy
    selection: Selection | None
    progress: list[Progress]


class Commitment(CommitmentEntry, Resource):
    """One commitment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource(f"{PATH}/{EXAMPLE['code']}", ENTRY_EXAMPLE)]}
    )


class CommitmentPage(PageOf):
    """A page of an agreement's commitments, by code."""

    commitments: list[CommitmentEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page(PATH, "commitments", ENTRY_EXAMPLE)]})
