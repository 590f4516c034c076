"""Areas beside each other as the API shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Text, example_page
from shared.domain.codes import AreaCode
from shared.domain.fields import Document

EXAMPLE: dict[str, Any] = {
    "areaCode": "1282-havsbrisskolan",
    "areaName": {"sv": "Havsbrisskolan", "en": "Havsbrisskolan"},
    "areaKind": "school",
    "numerator": 3,
    "denominator": 9,
    "value": 33.333333,
    "lowerLimit": 66.666667,
    "upperLimit": 100,
    "verdict": "fewer",
    "common": 92.1,
    "areas": 7,
    "text": {
        "sv": "Havsbrisskolan: lägre än de andra, 33,3 % (3 av 9). Mellan 66,7 % och 100 % var att vänta. "
        "Troligen en verklig skillnad.",
        "en": "Havsbrisskolan: lower than the others, 33.3% (3 of 9). Between 66.7% and 100% was to be expected. "
        "Probably a real difference.",
    },
}


class AreaDifference(Document):
    """An area beside the others of its kind, in one period."""

    area_code: AreaCode
    area_name: Text
    area_kind: Annotated[str, Field(description="Its kind, of a place what kind of place: district, school.")]
    numerator: int
    denominator: int
    value: Annotated[float, Field(description="Its share in percent.")]
    lower_limit: Annotated[
        float,
        Field(
            description="From here to `upperLimit` its share is not called different: 99.8 % of areas with so many "
            "cases would lie there if they differed by chance, and as areas differ anyway."
        ),
    ]
    upper_limit: float
    verdict: Literal["fewer", "more", "none"]
    common: Annotated[float, Field(description="The share of all areas of its kind together.")]
    areas: Annotated[int, Field(description="How many areas of its kind are compared.")]
    text: Annotated[Text | None, Field(description="How it differs; null where it does not.")]


class AreaDifferencePage(PageOf):
    """A page of areas, by their kinds and names: there is no other order."""

    area_differences: list[AreaDifference]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                example_page("indicator-values/schools-safe~all~1282~2016/area-differences", "areaDifferences", EXAMPLE)
            ]
        }
    )
