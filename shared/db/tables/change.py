"""What the change feed needs besides the read model: tombstones, and where its order comes from."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
)

from shared.db.tables.metadata import metadata
from shared.db.tables.xid8 import CURRENT_TRANSACTION, Xid8

# The latest removal of each value, or that it is shown to those above its area no more; a trigger on indicator_value
# writes it. The codes are here since the series may go with its values.
removed_value = Table(
    "removed_value",
    metadata,
    Column("series_id", SmallInteger, primary_key=True, autoincrement=False),
    Column("area_id", Integer, primary_key=True, autoincrement=False),
    Column("period_type", Text, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("indicator_code", Text, nullable=False),
    Column("slice", Text, nullable=False),
    # The value's when it was removed.
    Column("revision", Integer, nullable=False),
    Column("removed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # Whether it ever was shown above one's own area.
    Column("served_above", Boolean, nullable=False, server_default="false"),
    Column("changed_in", Xid8, nullable=False, server_default=CURRENT_TRANSACTION),
    # From the sequence of indicator_value.change_number: within a transaction, one order for both.
    Column("change_number", BigInteger, nullable=False),
    Index("ix_removed_value_changed_in", "changed_in", "change_number"),
)

# One row: the cluster whose transactions the changes are numbered by. Restored in another, the numbers mean nothing.
feed_epoch = Table(
    "feed_epoch",
    metadata,
    Column("is_only", Boolean, primary_key=True),
    Column("system_identifier", BigInteger, nullable=False),
    CheckConstraint("is_only", name="is_only"),
)
