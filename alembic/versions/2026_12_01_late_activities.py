"""An index of the activities that arrived late: few, of all that there are."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0039"
branch_labels = None
depends_on = None

# As in `shared.db.tables.activity`.
ARRIVED_ON = "(recorded_at AT TIME ZONE 'Europe/Stockholm')::date"


def reporting_day(day: str) -> str:
    """Return the reporting day of a day in SQL: the tenth of the month after its tertial."""
    months = f"4 * ((extract(month FROM {day})::integer + 3) / 4)"
    return f"(date_trunc('year', ({day})::timestamp) + make_interval(months => {months}, days => 9))::date"


MAY_BE_LATE = (
    f"{ARRIVED_ON} > {reporting_day('least(period_on, reported_on)')} "
    f"AND {ARRIVED_ON} <= {reporting_day('greatest(period_on, reported_on)')} + 366"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_activity_late",
        "activity",
        ["area_id", sa.text("coalesce(period_on, reported_on)")],
        postgresql_where=sa.text(MAY_BE_LATE),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_activity_late", "activity")
