"""The entity sets of the feed: a star of figures and dimensions, and the order in which each is paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.api.odata.dimensions import ACTIVITIES, AREA_PATHS, AREAS, INDICATORS, PERIODS, TARGETS
from services.api.odata.indicator_values import INDICATOR_VALUES
from services.api.odata.model import EntitySet, Model
from services.api.odata.statement import Order
from shared.read_model.value_id import find_key


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition with its parameters."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """An entity set, what it holds in Swedish and English, and what identifies its rows.

    The columns of `order` are indexed, and never change for as long as the row exists. `find` narrows a key that is
    put together from several columns to those, since only they are indexed; it answers None for what cannot be a key.
    """

    entity_set: EntitySet
    description: str
    order: tuple[Order, ...]
    find: Callable[[str], Condition | None] | None = None


def _key(sql: str, sql_type: str) -> Order:
    return Order(sql, sql_type, nullable=False)


def _find_value(value_id: str) -> Condition | None:
    key = find_key(value_id)
    if key is None:
        return None
    return Condition(
        """figure.indicator_code = %(key_indicator)s AND figure.slice = %(key_slice)s
           AND figure.area_code = %(key_area)s
           AND figure.period_type = %(key_type)s AND figure.period_start = %(key_start)s""",
        {
            "key_indicator": key.indicator,
            "key_slice": key.slice,
            "key_area": key.area,
            "key_type": key.period.type.value,
            "key_start": key.period.start,
        },
    )


_ALL = (
    Feed(
        INDICATOR_VALUES,
        "Värden per indikator, del, område och period. / Values by indicator, slice, area and period.",
        (
            _key("figure.series_id", "smallint"),
            _key("figure.area_id", "integer"),
            _key("figure.period_type", "text"),
            _key("figure.period_start", "date"),
        ),
        _find_value,
    ),
    Feed(
        INDICATORS,
        "Indikatorernas definitioner. / The indicators' definitions.",
        (_key("indicator.code", "text"),),
    ),
    Feed(
        AREAS,
        "Områden i båda hierarkierna. / Areas of both hierarchies.",
        (_key("area.area_id", "integer"),),
    ),
    Feed(
        AREA_PATHS,
        "Varje område, dess överordnade områden och när de gällde. / Each area, the areas above it, and when.",
        (
            _key("path.descendant_id", "integer"),
            _key("path.ancestor_id", "integer"),
            _key("path.valid", "daterange"),
        ),
    ),
    Feed(
        PERIODS,
        "Månader, kvartal, tertial, halvår och år. / Months, quarters, tertials, half-years and years.",
        (_key("period.type", "text"), _key("period.first", "date")),
    ),
    Feed(
        TARGETS,
        "Överenskommelsernas mål. / The agreements' targets.",
        (_key("target.target_id", "uuid"),),
    ),
    Feed(
        ACTIVITIES,
        "Aktiviteter, utan fritext. / Activities, without free text.",
        (_key("activity.activity_id", "uuid"),),
    ),
)

FEEDS: Mapping[str, Feed] = {feed.entity_set.name: feed for feed in _ALL}
MODEL = Model({name: feed.entity_set for name, feed in FEEDS.items()})
