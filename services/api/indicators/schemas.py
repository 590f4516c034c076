"""Indicators as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.schemas import Document, PageOf, Resource, Text, example_page, example_resource

EXAMPLE: dict[str, Any] = {
    "code": "graffiti-started-in-time",
    "version": 1,
    "name": {"sv": "Klotter påbörjat i tid", "en": "Graffiti started in time"},
    "definition": {
        "sv": "Andel av anmält klotter där saneringen började inom två arbetsdagar.",
        "en": "Share of reported graffiti where work started within two working days.",
    },
    "numerator": {"sv": "Påbörjade inom två arbetsdagar", "en": "Started within two working days"},
    "denominator": {"sv": "Anmälda vars tid gått ut", "en": "Reported whose time is up"},
    "themes": ["attractive-city"],
    "unit": "percent",
    "direction": "higher",
    "overTime": "sum",
    "activityTypes": ["graffiti-cleanup"],
}


class IndicatorEntry(Document):
    """What an indicator says: factor × numerator / denominator."""

    code: str
    version: Annotated[int, Field(description="Of the definition.")]
    name: Text
    definition: Text
    numerator: Annotated[Text, Field(description="What the numerator counts, in words.")]
    denominator: Annotated[Text | None, Field(description="What it is divided by; null for a count.")]
    themes: Annotated[list[str], Field(description="The themes of the annexes that it serves.")]
    unit: Annotated[str, Field(description="count or percent.")]
    direction: Annotated[str, Field(description="Which way is better: higher, lower or none.")]
    over_time: Annotated[str, Field(description="sum: facts are added up; distinct: each place counts once.")]
    activity_types: Annotated[list[str], Field(description="The activity types that it reads.")]


class Indicator(IndicatorEntry, Resource):
    """One indicator."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("indicators/graffiti-started-in-time", EXAMPLE)]}
    )


class IndicatorPage(PageOf):
    """A page of indicators, by code."""

    indicators: list[IndicatorEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("indicators", "indicators", EXAMPLE)]})
