"""The parts that requests and answers of several resources share, and the types of their fields."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from psycopg.types.range import DateRange
from pydantic import Field
from sqlalchemy.dialects.postgresql import Range

from shared.db.days import days_from, last_day
from shared.domain.fields import Day, Document

PeriodTypeName = Literal["month", "quarter", "tertial", "halfYear", "year"]
PERIOD_TYPES = "month, quarter, tertial, halfYear or year"
PERIOD_CODES = "2016-03, 2016-Q1, 2016-T1, 2016-H1 or 2016"


class Link(Document):
    """A link description object."""

    href: Annotated[str, Field(description="An absolute URL.")]
    rel: Annotated[str, Field(description="The link's relation type.")]
    method: Annotated[str, Field(description="The HTTP method to use.")] = "GET"


class Links(Document):
    """The links of one resource."""

    self: Annotated[Link, Field(description="What was asked for, itself.")]


class PageLinks(Links):
    """The links of one page; `prev` and `next` are there when there is such a page."""

    first: Annotated[Link, Field(description="The first page.")]
    last: Annotated[Link, Field(description="The last page.")]
    prev: Annotated[Link | None, Field(description="The page before this one.")] = None
    next: Annotated[Link | None, Field(description="The page after this one.")] = None


class Meta(Document):
    """How long a list is, and which part of it this is."""

    count: Annotated[int, Field(description="Entries on this page.")]
    page: Annotated[int, Field(description="This page, from 1.")]
    limit: Annotated[int, Field(description="The most entries a page has.")]
    total_records: Annotated[int, Field(description="Entries in the whole list.")]
    total_pages: Annotated[int, Field(description="Pages in the whole list.")]


class Resource(Document):
    """One resource, with the link to itself."""

    links: Annotated[Links, Field(alias="_links")]


class PageOf(Document):
    """One page of a list. A subclass adds the entries, under the resource's plural noun."""

    meta: Annotated[Meta, Field(alias="_meta")]
    links: Annotated[PageLinks, Field(alias="_links")]


class Span(Document):
    """Days from the first to the last, both included; null is without beginning or end."""

    valid_from: Annotated[Day | None, Field(description="The first day; null when it has always been so.")] = None
    valid_to: Annotated[Day | None, Field(description="The last day, included; null when no end is known.")] = None

    def as_range(self) -> DateRange:
        """Return the span as the database has it: the last day excluded."""
        return days_from(self.valid_from, self.valid_to)


def days_of(valid: Range[date]) -> dict[str, date | None]:
    """Return a span of the database as the API shows it: the last day included."""
    return {"validFrom": valid.lower, "validTo": last_day(valid)}


class Text(Document):
    """The same text in Swedish and English."""

    sv: str
    en: str


class ViolationDetail(Document):
    """One thing wrong with one field."""

    field: Annotated[str, Field(description="The field's path, such as `participants.police`.")]
    label: Annotated[str | None, Field(description="What a form calls the field; null for one that no form has.")]
    reason: Annotated[str, Field(description="What is wrong.")]
    remedy: Annotated[str, Field(description="How to mend it.")]


class Problem(Document):
    """Why a request failed (RFC 9457). Values that were sent are never repeated."""

    type: Annotated[str, Field(description="A stable URI for the condition.")]
    title: Annotated[str, Field(description="The condition in plain words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What happened this time.")]
    instance: Annotated[str, Field(description="This occurrence; tell it when you ask us.")]
    violations: Annotated[list[ViolationDetail], Field(description="What is wrong with which field.")]


def example_resource(path: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return a resource as an example for the specification; `path` is its own, below the API's root."""
    return {"_links": {"self": _example_link(path, "self")}, **content}


def example_page(path: str, noun: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a page with one entry as an example for the specification."""
    meta = {"count": 1, "page": 1, "limit": 20, "totalRecords": 1, "totalPages": 1}
    links = {relation: _example_link(f"{path}?page=1&limit=20", relation) for relation in ("self", "first", "last")}
    return {"_meta": meta, "_links": links, noun: [entry]}


def _example_link(path: str, relation: str) -> dict[str, Any]:
    return {"href": f"https://samverkan.example/samverkan/v1/{path}", "rel": relation, "method": "GET"}
