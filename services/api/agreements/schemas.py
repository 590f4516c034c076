"""Agreements, annexes and targets as the API takes and shows them."""

# Over 300 lines: the whole document of an agreement, to be read in one piece.

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field

from services.api.agreements.target_fields import (
    BASELINE_MEANING,
    OWN_SPAN_EXAMPLE,
    PER_MEANING,
    TARGET_EXAMPLE,
    Baseline,
)
from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain import agreement as domain
from shared.domain.activity import Span
from shared.domain.codes import AreaCode
from shared.domain.fields import NOT_BLANK, Day, DefinedCode, Document, Number
from shared.domain.follow_up import FollowUp as DomainFollowUp
from shared.domain.follow_up import FollowUpStatus
from shared.domain.followed import WHOLE, Followed
from shared.domain.period import PeriodType
from shared.domain.target import TargetRule
from shared.domain.target_faults import LARGEST_PERCENT
from shared.domain.target_span import Per

LONGEST_TITLE = 300
LONGEST_TEXT = 5000
MOST_ENTRIES = 500
MOST_AREAS = 100
LARGEST_BOUND = 10**12

AgreementCode = Annotated[
    str, Path(alias="agreementCode", description="The agreement's code.", examples=["landskrona-2015-2016"])
]
Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE), NOT_BLANK]
Line = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), NOT_BLANK]
Lines = Annotated[list[Line], Field(max_length=MOST_ENTRIES, default_factory=list)]
Bound = Annotated[Number, Field(ge=0, le=LARGEST_BOUND)]
# Strict fields take an enumeration's member only, not its text; JSON has nothing but text.
Rule = Annotated[TargetRule, Field(strict=False)]
Rhythm = Literal["quarter", "halfYear"]

ANNEX_EXAMPLE: dict[str, Any] = {
    "number": 4,
    "theme": "attractive-city",
    "code": "attractive-city",
    "indicators": None,
    "title": "Attraktiv stad",
    "titleEn": "Attractive city",
    "validFrom": "2016-01-01",
    "validTo": "2016-12-31",
    "purpose": "Hela, rena och väl belysta platser visar att någon bryr sig.",
    "goals": ["Klottersaneringarna blir högst 100 under året."],
    "actions": ["Parker och gator städas så ofta att de inte ser skräpiga ut."],
    "followUp": ["Antal klottersaneringar."],
    "followUps": [{"notedOn": "2016-05-02", "status": "ongoing", "text": "Parker och gator städas varje vecka."}],
}
SUMMARY_EXAMPLE: dict[str, Any] = {
    "code": "landskrona-2015-2016",
    "title": "Överenskommelse om samverkan för ökad trygghet i Landskrona 2015–2016",
    "caseNumber": None,
    "validFrom": "2015-01-01",
    "validTo": "2016-12-31",
    "succeeds": None,
    "areas": ["1282"],
    "parties": ["Landskrona stad", "Lokalpolisområde Landskrona"],
    "rhythms": [],
    "indicators": [],
    "closing": {"twoPersons": True, "readyAnnexes": True},
}
WHOLE_EXAMPLE = {**SUMMARY_EXAMPLE, "annexes": [ANNEX_EXAMPLE], "targets": [TARGET_EXAMPLE, OWN_SPAN_EXAMPLE]}


class DatedDocument(Document):
    """A part with a first and a last day, both included."""

    valid_from: Annotated[Day, Field(description="The first day.")]
    valid_to: Annotated[Day, Field(description="The last day, included.")]

    @property
    def span(self) -> Span:
        """The days from the first to the last."""
        return Span(self.valid_from, self.valid_to)


class FollowedEntry(Document):
    """An indicator that is followed, and which part of it."""

    indicator: DefinedCode
    slice: Annotated[
        DefinedCode,
        Field(
            description="Which part of the indicator; `all` is the whole, and `annex` what is reported under the very "
            "annex, which is answered as the annex's code."
        ),
    ] = WHOLE

    def as_followed(self) -> Followed:
        """Return it as it is to be stored."""
        return Followed(self.indicator, self.slice)


# Strict fields take an enumeration's member only, not its text; JSON has nothing but text.
StatusInWords = Annotated[FollowUpStatus, Field(strict=False)]


class FollowUp(Document):
    """How a commitment or an annex goes, in words. The figures do not read it."""

    noted_on: Annotated[Day, Field(description="The day that it is true of.")]
    status: StatusInWords
    text: Annotated[Line | None, Field(description="In words, never personal data.")] = None

    def as_follow_up(self) -> DomainFollowUp:
        """Return it as it is to be stored."""
        return DomainFollowUp(self.noted_on, self.status, self.text)


class AnnexEntry(DatedDocument):
    """A numbered focus area of an agreement."""

    number: Annotated[int, Field(ge=1, le=999)]
    theme: Annotated[
        DefinedCode,
        Field(description="What it is about. One of ten themes is a ready-made list of indicators; else name them."),
    ]
    code: Annotated[
        DefinedCode | None,
        Field(
            description="What its own slices are called; unique in the agreement. Left out: the theme, or "
            "`theme-number` where several annexes have the theme."
        ),
    ] = None
    indicators: Annotated[
        list[FollowedEntry] | None,
        Field(max_length=MOST_ENTRIES, description="What exactly it follows, in its order; null: its theme's list."),
    ] = None
    title: Title
    title_en: Title | None = None
    purpose: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    goals: Lines
    actions: Lines
    follow_up: Annotated[Lines, Field(description="What is asked to be followed up.")]
    follow_ups: Annotated[
        list[FollowUp],
        Field(max_length=MOST_ENTRIES, default_factory=list, description="What was found, each with its day."),
    ]

    def as_annex(self) -> domain.Annex:
        """Return the annex as it is to be stored."""
        return domain.Annex(
            number=self.number,
            theme=self.theme,
            title=self.title,
            title_en=self.title_en,
            valid=self.span,
            purpose=self.purpose,
            goals=tuple(self.goals),
            actions=tuple(self.actions),
            follow_up=tuple(self.follow_up),
            code=self.code,
            indicators=None if self.indicators is None else tuple(one.as_followed() for one in self.indicators),
            follow_ups=tuple(one.as_follow_up() for one in self.follow_ups),
        )


class Annex(AnnexEntry, Resource):
    """One annex."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("agreements/landskrona-2015-2016/annexes/4", ANNEX_EXAMPLE)]}
    )


class AnnexPage(PageOf):
    """A page of an agreement's annexes, by number."""

    annexes: list[AnnexEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page("agreements/landskrona-2015-2016/annexes", "annexes", ANNEX_EXAMPLE)]
        }
    )


class TargetEntry(DatedDocument):
    """What an indicator should reach in an area, or in several together, in each span of the kind `per`."""

    annex: Annotated[
        int | None, Field(description="The number of the annex that sets it; null: the agreement itself does.")
    ] = None
    indicator: DefinedCode
    slice: Annotated[
        DefinedCode,
        Field(
            description="Which part of the indicator; `all` is the whole, and `annex` what is reported under the very "
            "annex, which is answered as the annex's code."
        ),
    ] = WHOLE
    area: Annotated[AreaCode | None, Field(description="The area; null when `areas` is given.")] = None
    rule: Rule
    value: Annotated[Bound | None, Field(description="The bound, or the lower one of `between`.")] = None
    upper_value: Annotated[Bound | None, Field(description="The upper bound of `between`.")] = None
    per: Annotated[Per, Field(strict=False, description=PER_MEANING)]
    wording: Annotated[Line | None, Field(description="In the annex's own words.")] = None
    percent: Annotated[
        Annotated[Number, Field(gt=0, le=LARGEST_PERCENT)] | None,
        Field(
            description="Of `lessThanBefore` and `moreThanBefore`: at least so many percent of the value before less, "
            "or more."
        ),
    ] = None
    baseline: Annotated[
        Baseline | None,
        Field(description=BASELINE_MEANING),
    ] = None
    tolerance: Annotated[
        Annotated[Number, Field(gt=0, le=LARGEST_BOUND)] | None,
        Field(
            description="How far `atMost`, `atLeast`, `notBelowBefore` and `notAboveBefore` may be missed and still be "
            "met, in the unit of the bound."
        ),
    ] = None
    per_inhabitants: Annotated[
        Literal[1000, 100_000] | None,
        Field(description="The bounds are per so many inhabitants, those of 31 December before the span."),
    ] = None
    areas: Annotated[
        list[AreaCode],
        Field(
            max_length=MOST_AREAS,
            default_factory=list,
            description="Several areas for which the target is set together: it is judged by the sum of their figures, "
            "of shares by the sums of numerators and of denominators, in each of them.",
        ),
    ]

    def as_target(self) -> domain.SetTarget:
        """Return the target as it is to be stored."""
        return domain.SetTarget(
            annex=self.annex,
            indicator=self.indicator,
            area=self.area,
            rule=self.rule,
            value=self.value,
            upper_value=self.upper_value,
            per=self.per,
            valid=self.span,
            wording=self.wording,
            slice=self.slice,
            percent=self.percent,
            tolerance=self.tolerance,
            per_inhabitants=self.per_inhabitants,
            baseline=self.baseline.span if self.baseline else None,
            areas=tuple(self.areas),
        )


class TargetPage(PageOf):
    """A page of an agreement's targets, by annex."""

    targets: list[TargetEntry]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [example_page("agreements/landskrona-2015-2016/targets", "targets", TARGET_EXAMPLE)]
        }
    )


class ClosingRules(Document):
    """How the agreement's periods are closed."""

    two_persons: Annotated[bool, Field(description="Nobody approves a period that they have submitted.")] = True
    ready_annexes: Annotated[bool, Field(description="A period is submitted when all annexes are marked ready.")] = True


class AgreementBody(DatedDocument):
    """An agreement as a client sends it: whole."""

    code: Annotated[DefinedCode | None, Field(description="May be left out; else as in the address.")] = None
    title: Title
    case_number: Annotated[Title | None, Field(description="The case number in the municipality's register.")] = None
    succeeds: Annotated[DefinedCode | None, Field(description="The code of the agreement before it.")] = None
    areas: Annotated[list[AreaCode], Field(min_length=1, max_length=MOST_ENTRIES, description="What it covers.")]
    parties: Annotated[list[Title], Field(max_length=MOST_ENTRIES, default_factory=list)]
    rhythms: Annotated[
        list[Rhythm],
        Field(max_length=2, default_factory=list, description="Figures by these periods too, in all that it covers."),
    ]
    indicators: Annotated[
        list[FollowedEntry],
        Field(max_length=MOST_ENTRIES, default_factory=list, description="What it follows beyond its annexes."),
    ]
    closing: Annotated[ClosingRules, Field(default_factory=ClosingRules, description="How its periods are closed.")]
    annexes: Annotated[list[AnnexEntry], Field(max_length=MOST_ENTRIES, default_factory=list)]
    targets: Annotated[list[TargetEntry], Field(max_length=MOST_ENTRIES, default_factory=list)]

    model_config = ConfigDict(json_schema_extra={"examples": [WHOLE_EXAMPLE]})

    def as_agreement(self, code: str) -> domain.Agreement:
        """Return the agreement as it is to be stored."""
        return domain.Agreement(
            code=code,
            title=self.title,
            case_number=self.case_number,
            parties=tuple(self.parties),
            valid=self.span,
            succeeds=self.succeeds,
            areas=tuple(self.areas),
            rhythms=tuple(PeriodType(one) for one in self.rhythms),
            annexes=tuple(annex.as_annex() for annex in self.annexes),
            targets=tuple(target.as_target() for target in self.targets),
            indicators=tuple(one.as_followed() for one in self.indicators),
            closing=domain.ClosingRules(self.closing.two_persons, self.closing.ready_annexes),
        )


class AgreementEntry(DatedDocument):
    """An agreement without its annexes and targets."""

    code: DefinedCode
    title: str
    case_number: str | None
    succeeds: str | None
    areas: list[AreaCode]
    parties: list[str]
    rhythms: list[Rhythm]
    indicators: list[FollowedEntry]
    closing: ClosingRules


class Agreement(AgreementEntry, Resource):
    """One agreement, with its annexes and targets."""

    annexes: list[AnnexEntry]
    targets: list[TargetEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("agreements/landskrona-2015-2016", WHOLE_EXAMPLE)]}
    )


class AgreementPage(PageOf):
    """A page of agreements, by code."""

    agreements: list[AgreementEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("agreements", "agreements", SUMMARY_EXAMPLE)]}
    )
