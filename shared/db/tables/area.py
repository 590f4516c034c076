"""Areas of every kind, their parents over time, and what follows from the parents: the closure and the ancestor sets.

`area_closure`, `ancestor set`, `ancestor_set_member`, `area_ancestor_set` and `boundary_change` are derived;
`shared.facts.areas` is their only writer.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE

from shared.db.tables.metadata import metadata

area = Table(
    "area",
    metadata,
    Column("area_id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("place_kind", Text),
    Column("name", Text, nullable=False),
    Column("name_en", Text),
    # What areas are sorted by: å, ä and ö after z, whatever order the database was made with.
    Column("name_sort_key", Text(collation="C"), Computed("name_sort_key(name)", persisted=True)),
    Column("valid", DATERANGE, nullable=False),
    # The municipality that holds this area for as long as the area exists, if there is exactly one:
    # its figures are then written with that municipality's; otherwise they follow in the pass for upper levels.
    Column("municipality_id", Integer, ForeignKey("area.area_id")),
    CheckConstraint(
        "kind IN ('country', 'county', 'municipality', 'district', 'place',"
        " 'police-region', 'police-district', 'local-police-area', 'vulnerable-area')",
        name="kind",
    ),
    CheckConstraint("(kind = 'place') = (place_kind IS NOT NULL)", name="place_kind"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
)

area_edge = Table(
    "area_edge",
    metadata,
    Column("child_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("parent_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    CheckConstraint("child_id <> parent_id", name="distinct"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index("ix_area_edge_parent_id", "parent_id"),
)

area_closure = Table(
    "area_closure",
    metadata,
    Column("descendant_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("ancestor_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    Index("ix_area_closure_ancestor_id", "ancestor_id"),
)

ancestor_set = Table(
    "ancestor_set",
    metadata,
    Column("ancestor_set_id", Integer, Identity(), primary_key=True),
    Column("ancestors", ARRAY(Integer), nullable=False, unique=True),
    # Whose lock guards the figures of this ancestor set: the municipality among the ancestors, else the area itself.
    Column("writing_area_id", Integer, ForeignKey("area.area_id"), nullable=False),
    # Whether a local police area is among the ancestors; what is not shows in each figure as not placed.
    Column("in_local_police_area", Boolean, nullable=False, server_default="false"),
)

ancestor_set_member = Table(
    "ancestor_set_member",
    metadata,
    Column("ancestor_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("ancestor_set_id", Integer, ForeignKey("ancestor_set.ancestor_set_id"), primary_key=True),
    Index("ix_ancestor_set_member_ancestor_set_id", "ancestor_set_id"),
)

area_ancestor_set = Table(
    "area_ancestor_set",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    Column("ancestor_set_id", Integer, ForeignKey("ancestor_set.ancestor_set_id"), nullable=False),
)

# The days on which what an area consists of changed: figures before and after do not compare.
boundary_change = Table(
    "boundary_change",
    metadata,
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("day", Date, primary_key=True),
)

# One row at most: it counts the changes of areas and agreements, so that what was looked up before need not be again.
area_hierarchy = Table(
    "area_hierarchy",
    metadata,
    Column("is_only", Boolean, primary_key=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("is_only", name="is_only"),
)

reporting = Table(
    "reporting",
    metadata,
    # Where, when and of what reporting is on: in the areas of an agreement in force, the municipalities in them and all
    # above; and in the area of each target. Derived like the closure.
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    # Matched with the series' followed_by: theme/<theme>, theme/<theme>/<code>, indicator/<code>/<slice>, agreement.
    Column("follows", Text, primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    comment="derived from agreement, annex, target and area_closure",
)

area_rhythm = Table(
    "area_rhythm",
    metadata,
    # Where and when areas have figures for further types of periods: what an agreement that names them covers, and all
    # inside. Derived like the closure.
    Column("area_id", Integer, ForeignKey("area.area_id"), primary_key=True),
    Column("period_type", Text, primary_key=True),
    Column("valid", DATERANGE, primary_key=True),
    comment="derived from agreement and area_closure",
)
