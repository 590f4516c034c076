"""The dimensions of the figures: indicators, areas with all that lies above them, periods, targets, activities."""

from __future__ import annotations

import orjson

from services.api.odata.model import Additivity, Edm, EntitySet, Navigation, Property, name_property
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.activity import MOMENT_NAMES, MOMENTS, PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS
from shared.domain.owner import Owner
from shared.domain.wording import MONTHS, Language
from shared.domain.wording import PERIODS as PERIODS_IN_WORDS
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST


def _first_day(span: str) -> Property:
    return Property("validFrom", Edm.DATE, f"lower({span})")


def _last_day(span: str) -> Property:
    return Property("validTo", Edm.DATE, f"upper({span}) - 1")


# Definitions are data of the catalogue, which is no table: whoever runs the statement adds it as a parameter.
CATALOGUE_PARAMETER = "indicators"
INDICATORS = EntitySet(
    name="Indicators",
    entity="Indicator",
    key=("code",),
    source=f"""jsonb_to_recordset(%({CATALOGUE_PARAMETER})s::jsonb) AS indicator(
        code text, version integer, owner text, name_sv text, name_en text, definition_sv text, definition_en text,
        numerator_sv text, numerator_en text, denominator_sv text, denominator_en text, unit text, unit_sv text,
        unit_en text, kind text, over_time text, direction text, themes text, valid_from date, valid_to date)""",
    properties=(
        Property("code", Edm.STRING, "indicator.code", nullable=False),
        name_property("nameSv", "indicator.name_sv"),
        name_property("nameEn", "indicator.name_en"),
        Property("definitionSv", Edm.STRING, "indicator.definition_sv", nullable=False),
        Property("definitionEn", Edm.STRING, "indicator.definition_en", nullable=False),
        Property("numeratorSv", Edm.STRING, "indicator.numerator_sv", nullable=False),
        Property("numeratorEn", Edm.STRING, "indicator.numerator_en", nullable=False),
        Property("denominatorSv", Edm.STRING, "indicator.denominator_sv"),
        Property("denominatorEn", Edm.STRING, "indicator.denominator_en"),
        Property("unit", Edm.STRING, "indicator.unit", nullable=False),
        name_property("unitNameSv", "indicator.unit_sv", nullable=True),
        name_property("unitNameEn", "indicator.unit_en", nullable=True),
        Property("kind", Edm.STRING, "indicator.kind", nullable=False),
        Property("overTime", Edm.STRING, "indicator.over_time", nullable=False),
        Property("direction", Edm.STRING, "indicator.direction", nullable=False),
        Property("themes", Edm.STRING, "indicator.themes", nullable=False),
        Property("version", Edm.INT32, "indicator.version", nullable=False),
        Property("ownerCode", Edm.STRING, "indicator.owner"),
        Property("validFrom", Edm.DATE, "indicator.valid_from"),
        Property("validTo", Edm.DATE, "indicator.valid_to"),
    ),
    navigations=(Navigation("Owner", "Areas", (("ownerCode", "code"),)),),
)


def definition_rows(catalogue: Catalogue) -> str:
    """Return the definitions as a JSON array, in the form that the source of INDICATORS reads."""
    rows = [
        _as_row(definition, catalogue.owners.get(code)) for code, definition in sorted(catalogue.indicators.items())
    ]
    return orjson.dumps(rows).decode()


def _as_row(definition: IndicatorDefinition, owner: Owner | None) -> dict[str, object]:
    denominator, unit = definition.denominator, definition.unit_name
    return {
        "code": definition.code,
        "version": definition.version,
        "owner": owner and str(owner),
        "name_sv": definition.name.sv,
        "name_en": definition.name.en,
        "definition_sv": definition.definition.sv,
        "definition_en": definition.definition.en,
        "numerator_sv": definition.numerator.sv,
        "numerator_en": definition.numerator.en,
        "denominator_sv": denominator and denominator.sv,
        "denominator_en": denominator and denominator.en,
        "unit": definition.unit,
        "unit_sv": unit and unit.sv,
        "unit_en": unit and unit.en,
        "kind": definition.kind,
        "over_time": definition.over_time,
        "direction": definition.direction,
        "themes": ", ".join(definition.themes),
        "valid_from": definition.valid_from,
        "valid_to": definition.valid_to,
    }


AREAS = EntitySet(
    name="Areas",
    entity="Area",
    key=("code",),
    source="area LEFT JOIN area AS home ON home.area_id = area.municipality_id",
    properties=(
        Property("code", Edm.STRING, "area.code", nullable=False),
        name_property("nameSv", "area.name", stored_key="area.name_sort_key"),
        name_property("nameEn", "coalesce(area.name_en, area.name)"),
        Property("kind", Edm.STRING, "area.kind", nullable=False),
        Property("placeKind", Edm.STRING, "area.place_kind"),
        Property("municipalityCode", Edm.STRING, "home.code"),
        _first_day("area.valid"),
        _last_day("area.valid"),
    ),
    navigations=(Navigation("Municipality", "Areas", (("municipalityCode", "code"),)),),
)

# The country and vulnerable areas belong to both hierarchies.
_HIERARCHY = """CASE WHEN above.kind IN ('county', 'municipality', 'district', 'place') THEN 'municipal'
    WHEN above.kind IN ('police-region', 'police-district', 'local-police-area') THEN 'police' ELSE 'both' END"""
_LEVEL = """CASE above.kind WHEN 'country' THEN 1 WHEN 'county' THEN 2 WHEN 'police-region' THEN 2
    WHEN 'municipality' THEN 3 WHEN 'police-district' THEN 3 WHEN 'district' THEN 4 WHEN 'local-police-area' THEN 4
    ELSE 5 END"""
AREA_PATHS = EntitySet(
    name="AreaPaths",
    entity="AreaPath",
    key=("id",),
    source="""area_closure AS path JOIN area AS below ON below.area_id = path.descendant_id
        JOIN area AS above ON above.area_id = path.ancestor_id""",
    properties=(
        Property(
            "id",
            Edm.STRING,
            "below.code || '~' || above.code || '~' || coalesce(lower(path.valid)::text, '')",
            nullable=False,
        ),
        Property("areaCode", Edm.STRING, "below.code", nullable=False),
        Property("ancestorCode", Edm.STRING, "above.code", nullable=False),
        Property("ancestorKind", Edm.STRING, "above.kind", nullable=False),
        name_property("ancestorNameSv", "above.name", stored_key="above.name_sort_key"),
        name_property("ancestorNameEn", "coalesce(above.name_en, above.name)"),
        Property("hierarchy", Edm.STRING, _HIERARCHY, nullable=False),
        Property("level", Edm.INT32, _LEVEL, nullable=False),
        _first_day("path.valid"),
        _last_day("path.valid"),
    ),
    navigations=(
        Navigation("Area", "Areas", (("areaCode", "code"),)),
        Navigation("Ancestor", "Areas", (("ancestorCode", "code"),)),
    ),
)


def _in_year(period_type: str) -> str:
    return f"((period.month - 1) / month_count('{period_type}') + 1)"


def _in_words(language: Language) -> str:
    months = " ".join(MONTHS[language])
    parts = " ".join(
        f"WHEN '{period_type}' THEN '{words}'".format(
            number=f"' || {_in_year(period_type)} || '", year="' || period.year || '"
        )
        for period_type, words in PERIODS_IN_WORDS[language].items()
    )
    return f"""CASE period.type WHEN 'month' THEN (string_to_array('{months}', ' '))[period.month] || ' ' || period.year
        {parts} ELSE period.year::text END"""


# Every period that a figure can have, so that none is ever without its row.
PERIODS = EntitySet(
    name="Periods",
    entity="Period",
    key=("code",),
    source=f"""(SELECT type, first::date AS first, next_period_start(type, first::date) - 1 AS last,
               extract(year FROM first)::integer AS year, extract(month FROM first)::integer AS month
        FROM (VALUES ('month'), ('quarter'), ('tertial'), ('halfYear'), ('year')) AS kind(type)
        CROSS JOIN generate_series(timestamp '{CALENDAR_FIRST}', timestamp '{CALENDAR_LAST}',
                                   make_interval(months => month_count(type))) AS first
        ) AS period""",
    properties=(
        Property(
            "code",
            Edm.STRING,
            "period_code(period.type, period.first)",
            nullable=False,
        ),
        Property("periodType", Edm.STRING, "period.type", nullable=False),
        Property("periodStart", Edm.DATE, "period.first", nullable=False),
        Property("periodEnd", Edm.DATE, "period.last", nullable=False),
        Property("periodStartAt", Edm.DATE_TIME_OFFSET, "(period.first::timestamp AT TIME ZONE 'UTC')", nullable=False),
        Property("year", Edm.INT32, "period.year", nullable=False),
        Property("quarter", Edm.INT32, f"CASE WHEN period.type IN ('month', 'quarter') THEN {_in_year('quarter')} END"),
        Property("tertial", Edm.INT32, f"CASE WHEN period.type IN ('month', 'tertial') THEN {_in_year('tertial')} END"),
        Property(
            "halfYear",
            Edm.INT32,
            f"CASE WHEN period.type IN ('month', 'quarter', 'halfYear') THEN {_in_year('halfYear')} END",
        ),
        Property("month", Edm.INT32, "CASE period.type WHEN 'month' THEN period.month END"),
        name_property("nameSv", _in_words(Language.SV)),
        name_property("nameEn", _in_words(Language.EN)),
    ),
)

TARGETS = EntitySet(
    name="Targets",
    entity="Target",
    key=("id",),
    source="""target JOIN agreement ON agreement.agreement_id = target.agreement_id
        LEFT JOIN annex ON annex.agreement_id = target.agreement_id AND annex.number = target.annex_number
        JOIN area ON area.area_id = target.area_id""",
    properties=(
        Property("id", Edm.GUID, "target.target_id", nullable=False),
        Property("agreementCode", Edm.STRING, "agreement.code", nullable=False),
        Property("annexNumber", Edm.INT32, "target.annex_number"),
        Property("annexCode", Edm.STRING, "annex.code"),
        name_property("annexTitleSv", "annex.title"),
        name_property("annexTitleEn", "coalesce(annex.title_en, annex.title)"),
        Property("theme", Edm.STRING, "annex.theme"),
        Property("indicatorCode", Edm.STRING, "target.indicator_code", nullable=False),
        Property("slice", Edm.STRING, "target.slice", nullable=False),
        Property("areaCode", Edm.STRING, "area.code", nullable=False),
        Property("rule", Edm.STRING, "target.rule", nullable=False),
        Property("value", Edm.DECIMAL, "trim_scale(target.value)"),
        Property("upperValue", Edm.DECIMAL, "trim_scale(target.upper_value)"),
        Property("per", Edm.STRING, "target.per", nullable=False),
        _first_day("target.valid"),
        _last_day("target.valid"),
        Property("percent", Edm.DECIMAL, "trim_scale(target.percent)"),
        Property("tolerance", Edm.DECIMAL, "trim_scale(target.tolerance)"),
        Property("perInhabitants", Edm.INT32, "target.per_inhabitants"),
        Property("baselineStart", Edm.DATE, "lower(target.baseline)"),
        Property("baselineEnd", Edm.DATE, "upper(target.baseline) - 1"),
        # A target for several areas together has a row for each of them.
        Property(
            "areaCodes",
            Edm.STRING,
            """(SELECT string_agg(one.code, ',' ORDER BY one.code) FROM area AS one
                WHERE one.area_id = ANY (target.area_ids))""",
        ),
    ),
    navigations=(
        Navigation("Indicator", "Indicators", (("indicatorCode", "code"),)),
        Navigation("Area", "Areas", (("areaCode", "code"),)),
    ),
)


def _moments() -> tuple[Property, ...]:
    """Return of each moment the local date, and the exact time where the source gave one."""
    return tuple(
        part
        for name, column in zip(MOMENT_NAMES, MOMENTS, strict=True)
        for part in (
            Property(f"{name}Date", Edm.DATE, f"activity.{column}_on"),
            Property(f"{name}At", Edm.DATE_TIME_OFFSET, f"activity.{column}_at"),
        )
    )


def _attendances() -> tuple[Property, ...]:
    return tuple(
        Property(f"{name}Participants", Edm.INT32, f"activity.participants_{column}", additive=Additivity.ALWAYS)
        for name, column in zip(PARTICIPANT_GROUP_NAMES, PARTICIPANT_GROUPS, strict=True)
    )


# Without notes and attributes: they are what people have written.
ACTIVITIES = EntitySet(
    name="Activities",
    entity="Activity",
    key=("id",),
    source="""activity JOIN agreement ON agreement.agreement_id = activity.agreement_id
        JOIN area ON area.area_id = activity.area_id
        LEFT JOIN commitment ON commitment.commitment_id = activity.commitment_id""",
    properties=(
        Property("id", Edm.GUID, "activity.activity_id", nullable=False),
        Property("source", Edm.STRING, "activity.source", nullable=False),
        Property("externalId", Edm.STRING, "activity.external_id"),
        Property("activityType", Edm.STRING, "activity.activity_type", nullable=False),
        Property("agreementCode", Edm.STRING, "agreement.code", nullable=False),
        Property("annexNumber", Edm.INT32, "activity.annex_number"),
        Property("commitmentCode", Edm.STRING, "commitment.code"),
        Property("areaCode", Edm.STRING, "area.code", nullable=False),
        Property("status", Edm.STRING, "activity.status", nullable=False),
        Property("period", Edm.STRING, "period_code('month', activity.period_on)"),
        Property("periodDate", Edm.DATE, "activity.period_on"),
        *_moments(),
        *_attendances(),
        Property("cost", Edm.DECIMAL, "trim_scale(activity.cost)", additive=Additivity.ALWAYS),
        Property("count", Edm.INT32, "activity.count", nullable=False, additive=Additivity.ALWAYS),
        Property("duplicateOf", Edm.GUID, "activity.duplicate_of"),
        Property("revision", Edm.INT32, "activity.revision", nullable=False),
        Property("recordedAt", Edm.DATE_TIME_OFFSET, "activity.recorded_at", nullable=False),
        Property("changedAt", Edm.DATE_TIME_OFFSET, "activity.changed_at", nullable=False),
    ),
    navigations=(
        Navigation("Area", "Areas", (("areaCode", "code"),)),
        Navigation("TimePeriod", "Periods", (("period", "code"),)),
    ),
)
