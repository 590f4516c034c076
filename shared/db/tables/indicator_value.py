"""The read model, and the leaf figures that it is summed from."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB

from shared.db.tables.metadata import metadata
from shared.db.tables.xid8 import CURRENT_TRANSACTION, Xid8

indicator_series = Table(
    "indicator_series",
    metadata,
    # A definition in the catalogue as the read model was last computed with, and what SQL needs to know of it.
    Column("series_id", SmallInteger, Identity(), primary_key=True),
    Column("indicator_code", Text, nullable=False),
    Column("slice", Text, nullable=False, server_default="all"),
    Column("definition_version", SmallInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("factor", Integer, nullable=False),
    # Which annexes ask for it; empty: any agreement does.
    Column("themes", ARRAY(Text), nullable=False),
    # What turns its rows of nothing on, where an area reports it.
    Column("followed_by", ARRAY(Text), nullable=False, server_default="{}"),
    # sum, last or distinct: how a longer period follows from the facts.
    Column("over_time", Text, nullable=False),
    # Numerator by denominator; a row without a denominator is then missing.
    Column("is_share", Boolean, nullable=False),
    # The days of the definition's validity.
    Column("valid", DATERANGE, nullable=False, server_default="(,)"),
    # Places in this role, and of these kinds if there are any, have a row even when nothing happened.
    Column("expected_role", Text),
    Column("expected_place_kinds", ARRAY(Text), nullable=False, server_default="{}"),
    # Whether a state is of all that has happened since 1 January.
    Column("is_since_new_year", Boolean, nullable=False, server_default="false"),
    # Whether items of lists are counted, which go on being done after the period.
    Column("counts_items", Boolean, nullable=False, server_default="false"),
    # What is observed, when the figures come from observations rather than from cells.
    Column("measure", Text),
    # What is to recur: in each day, week or month (a kind of figure of its own), how many times, on which weekdays.
    Column("recurs_each", Text),
    Column("recurs_at_least", Integer),
    Column("weekdays", ARRAY(SmallInteger), nullable=False, server_default="{}"),
    # The activity types that it reads, where these may count in another month than that of their date.
    Column("reaching_types", ARRAY(Text), nullable=False, server_default="{}"),
    # The areas whose own definition this is; null for those that ship.
    Column("defining_area_ids", ARRAY(Integer)),
    UniqueConstraint("indicator_code", "slice"),
)

cell = Table(
    "cell",
    metadata,
    # One leaf figure: what happened at exactly this area in this month while it had exactly these ancestors.
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("ancestor_set_id", Integer, primary_key=True, autoincrement=False),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
    # Of commitments alone: which they are, and of each 1 if it is fulfilled, 0 if not, null where it is left out.
    Column("dues", JSONB),
    Index(
        "ix_cell_ancestor_set_id_series_id_month",
        "ancestor_set_id",
        "series_id",
        "month",
        postgresql_include=["area_id", "numerator", "denominator", "left_out"],
    ),
)

ancestor_set_total = Table(
    "ancestor_set_total",
    metadata,
    # The sum of the cells of one ancestor set, for the series whose figures add up: what every area above a place sums.
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("ancestor_set_id", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
)

indicator_value = Table(
    "indicator_value",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("left_out", Integer, nullable=False),
    # How much of the denominator, or else of the numerator, lies in no local police area.
    Column("not_placed", Numeric),
    Column("status", Text, nullable=False),
    Column("finality", Text, nullable=False, server_default="preliminary"),
    # The version of the definition that it was computed by.
    Column("definition_version", SmallInteger, nullable=False, server_default="1"),
    # For a sum of observations: how many months of the period have arrived.
    Column("months_arrived", SmallInteger),
    Column("targets", JSONB),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("computed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # What a figure of a closed period is read by; null of any other, which is read by what its series says.
    Column("frozen_unit", Text),
    Column("frozen_factor", Integer),
    # Whether it is shown to those above whose own area it is, where such figures are closed.
    Column("served_above", Boolean, nullable=False, server_default="false"),
    # The row's place in the change feed. Whatever sets computed_at sets both to their defaults.
    Column("changed_in", Xid8, nullable=False, server_default=CURRENT_TRANSACTION),
    Column("change_number", BigInteger, Identity(cache=100), nullable=False),
    Index("ix_indicator_value_changed_in", "changed_in", "change_number"),
    # None, unless figures above are closed.
    Index("ix_indicator_value_served_above", "series_id", postgresql_where=text("served_above")),
    # What may be published as open data: figures of closed periods alone.
    Index("ix_indicator_value_final", "area_id", "series_id", postgresql_where=text("finality = 'final'")),
    # Targets are set of few: whether one that is not set any more was judged is looked up for every change.
    Index(
        "ix_indicator_value_with_targets",
        "series_id",
        "area_id",
        "period_start",
        postgresql_where=text("targets IS NOT NULL"),
    ),
)

# A value's comparisons: other periods, per inhabitant, how many municipalities report. They follow a second later,
# and are served only with the figure that they were computed for.
comparison = Table(
    "comparison",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("comparisons", JSONB, nullable=False),
)
