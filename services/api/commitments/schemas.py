"""Commitments as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.agreements.schemas import MOST_ENTRIES, Code, Line, Title
from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain import commitment as domain
from shared.domain.codes import AreaCode
from shared.domain.fields import Day, Document

LARGEST_ANNEX = 2**15 - 1
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
}
ENTRY_EXAMPLE = {
    "agreement": "landskrona-2015-2016",
    **EXAMPLE,
    "progress": [{"area": "1282", "done": 3, "fulfilled": False}],
}
PATH = "agreements/landskrona-2015-2016/commitments"


class Decision(Document):
    """That the commitment is fulfilled in an area by decision, not by activities."""

    area: Annotated[AreaCode, Field(description="One of the commitment's areas.")]
    fulfilled_on: Annotated[Day, Field(description="Since when; after the due date is too late.")]


class Progress(Document):
    """How far the commitment has come in one of its areas."""

    area: AreaCode
    done: Annotated[int, Field(description="Linked activities performed inside the area by the due date.")]
    fulfilled: Annotated[bool, Field(description="As many as promised, or decided by the due date; no part counts.")]


class CommitmentBody(Document):
    """A commitment as a client sends it: whole."""

    code: Annotated[Code | None, Field(description="May be left out; else as in the address.")] = None
    annex: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST_ANNEX)] | None, Field(description="A number in the agreement.")
    ] = None
    promise: Annotated[bool, Field(description="Whether it is made to the public: a citizen promise.")]
    party: Annotated[Title, Field(description="Who promises it: an authority, never a person.")]
    wording: Annotated[Line, Field(description="What is promised, in Swedish.")]
    wording_en: Annotated[Line | None, Field(description="In English.")] = None
    times: Annotated[int, Field(ge=1, le=MOST_TIMES, description="How many activities fulfil it in each area.")] = 1
    areas: Annotated[
        list[AreaCode], Field(min_length=1, max_length=MOST_ENTRIES, description="To be fulfilled in each of them.")
    ]
    due_on: Annotated[Day | None, Field(description="The last day for it; left out, the agreement's last day.")] = None
    withdrawn_on: Annotated[Day | None, Field(description="When it was withdrawn: it is then not followed up.")] = None
    decisions: Annotated[list[Decision], Field(max_length=MOST_ENTRIES, default_factory=list)]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_commitment(self, agreement: str, code: str) -> domain.Commitment:
        """Return the commitment as it is to be stored."""
        return domain.Commitment(
            agreement=agreement,
            code=code,
            annex=self.annex,
            is_promise=self.promise,
            party=self.party,
            wording=self.wording,
            wording_en=self.wording_en,
            times=self.times,
            areas=tuple(self.areas),
            due_on=self.due_on,
            withdrawn_on=self.withdrawn_on,
            decisions=tuple(domain.Decision(decision.area, decision.fulfilled_on) for decision in self.decisions),
        )


class CommitmentEntry(Document):
    """A commitment as it is kept, with how far it has come."""

    agreement: Code
    code: Code
    annex: int | None
    promise: bool
    party: str
    wording: str
    wording_en: str | None
    times: int
    areas: list[AreaCode]
    due_on: Day
    withdrawn_on: Day | None
    decisions: list[Decision]
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
