"""Activities: what municipalities, schools and police report. `shared.facts.activities` is the only writer."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.tables.metadata import ACTING_OWNER, metadata
from shared.domain.activity import MOMENTS, PARTICIPANT_GROUPS
from shared.domain.reporting_day import REPORTING_DAY

# Something on one of its lists is still to be done.
HAS_OPEN_ITEMS = """jsonb_path_exists(attributes, '$.*[*]?(@."state" == "open")'::jsonpath)"""

# When it was recorded, as a local date.
ARRIVED_ON = "(recorded_at AT TIME ZONE 'Europe/Stockholm')::date"


def reporting_day(day: str) -> str:
    """Return in SQL what `shared.domain.reporting_day.reporting_day_of` says of a day, an SQL expression."""
    months = f"4 * ((extract(month FROM {day})::integer + 3) / 4)"
    added = f"make_interval(months => {months}, days => {REPORTING_DAY - 1})"
    return f"(date_trunc('year', ({day})::timestamp) + {added})::date"


def is_late(first: str, last: str) -> str:
    """Return in SQL whether it arrived after the reporting day of one day, and at most a year after another's."""
    return f"{ARRIVED_ON} > {reporting_day(first)} AND {ARRIVED_ON} <= {reporting_day(last)} + 366"


# It may count on the one or the other.
MAY_BE_LATE = is_late("least(period_on, reported_on)", "greatest(period_on, reported_on)")
PERIOD_OR_REPORT = "coalesce(period_on, reported_on)"

activity = Table(
    "activity",
    metadata,
    Column("activity_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    # Whose report it is: others may have one of the same source and id.
    Column("owner_area_id", Integer, ForeignKey("area.area_id"), nullable=False, server_default=ACTING_OWNER),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("source_version", BigInteger),
    Column("source_changed_at", DateTime(timezone=True)),
    Column("activity_type", Text, nullable=False),
    Column("agreement_id", Integer, ForeignKey("agreement.agreement_id"), nullable=False),
    Column("annex_number", SmallInteger),
    # The commitment that it helps to fulfil.
    Column("commitment_id", Integer, ForeignKey("commitment.commitment_id")),
    # Further ones; null is none.
    Column("commitment_ids", ARRAY(Integer)),
    Column("area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    Column("status", Text, nullable=False),
    # A moment is a local date in Stockholm, and the exact time when the source gave one.
    *(Column(f"{moment}_on", Date) for moment in MOMENTS),
    *(Column(f"{moment}_at", DateTime(timezone=True)) for moment in MOMENTS),
    # The date whose period this activity counts in; unknown while it is planned without a start.
    Column("period_on", Date),
    # Attendances by group; null is unknown, which is not 0.
    *(Column(f"participants_{group}", Integer) for group in PARTICIPANT_GROUPS),
    Column("cost", Numeric(14, 2)),
    # How many it stands for, where several were reported at once.
    Column("count", Integer, nullable=False, server_default="1"),
    Column("attributes", JSONB, nullable=False, server_default="{}"),
    Column("note", Text),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # The report of the same event that counts, where this one came from another source. Not from a source: it
    # stays when the activity is sent again.
    Column("duplicate_of", Uuid, ForeignKey("activity.activity_id")),
    Column("import_id", Uuid),
    Column("import_row", Integer),
    ForeignKeyConstraint(["agreement_id", "annex_number"], ["annex.agreement_id", "annex.number"]),
    CheckConstraint("count >= 1", name="count"),
    CheckConstraint("status IN ('planned', 'performed', 'cancelled')", name="status"),
    Index("uq_activity_owner_area_id_source_external_id", "owner_area_id", "source", "external_id", unique=True),
    Index("ix_activity_area_id_period_on", "area_id", "period_on"),
    # Time shares belong to the period of the report; without a report date, to the period of the work.
    Index("ix_activity_area_id_case_on", "area_id", text("coalesce(reported_on, period_on)")),
    Index("ix_activity_agreement_id", "agreement_id", "annex_number"),
    Index("ix_activity_planned", "area_id", postgresql_where=text("status = 'planned'")),
    Index("ix_activity_open_items", "activity_type", "area_id", postgresql_where=text(HAS_OPEN_ITEMS)),
    # Few arrive late, but not so late that they are history.
    Index("ix_activity_late", "area_id", text(PERIOD_OR_REPORT), postgresql_where=text(MAY_BE_LATE)),
    Index("ix_activity_duplicate_of", "duplicate_of", postgresql_where=text("duplicate_of IS NOT NULL")),
    Index("ix_activity_commitment_id", "commitment_id", postgresql_where=text("commitment_id IS NOT NULL")),
    Index(
        "ix_activity_commitment_ids",
        "commitment_ids",
        postgresql_using="gin",
        postgresql_where=text("commitment_ids IS NOT NULL"),
    ),
)
