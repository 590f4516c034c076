"""A definition may be the own of a county, of a police area, or of several municipalities together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STOPS_THE_SERVICE = "older versions read the columns that it drops."

# Of several areas, there is no municipality to go back to.
_OF_SEVERAL = """(SELECT own.kind, own.code FROM municipal_definition_area AS own JOIN area USING (area_id)
                  GROUP BY own.kind, own.code
                  HAVING bool_or(area.kind <> 'municipality') OR count(DISTINCT area_id) > 1)"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "municipal_definition_area",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "code", "version", "area_id", name=op.f("pk_municipal_definition_area")),
        sa.ForeignKeyConstraint(["area_id"], ["area.area_id"], name=op.f("fk_municipal_definition_area_area_id_area")),
        sa.ForeignKeyConstraint(
            ["kind", "code", "version"],
            ["municipal_definition.kind", "municipal_definition.code", "municipal_definition.version"],
            name=op.f("fk_municipal_definition_area_version"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_municipal_definition_area_area_id", "municipal_definition_area", ["area_id"])
    op.execute(
        """INSERT INTO municipal_definition_area (kind, code, version, area_id)
           SELECT kind, code, version, defining_municipality_id FROM municipal_definition"""
    )
    op.drop_column("municipal_definition", "defining_municipality_id")
    op.add_column("indicator_series", sa.Column("defining_area_ids", ARRAY(sa.Integer())))
    op.execute(
        """UPDATE indicator_series SET defining_area_ids = ARRAY[defining_municipality_id]
           WHERE defining_municipality_id IS NOT NULL"""
    )
    op.drop_column("indicator_series", "defining_municipality_id")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("municipal_definition", sa.Column("defining_municipality_id", sa.Integer()))
    op.execute(f"""CREATE TEMPORARY TABLE of_several ON COMMIT DROP AS {_OF_SEVERAL}""")
    op.execute(
        """UPDATE municipal_definition SET defining_municipality_id = owner.area_id
           FROM municipal_definition_area AS owner
           WHERE (owner.kind, owner.code, owner.version)
                 = (municipal_definition.kind, municipal_definition.code, municipal_definition.version)"""
    )
    op.drop_table("municipal_definition_area")
    op.execute("DELETE FROM municipal_definition WHERE (kind, code) IN (SELECT kind, code FROM of_several)")
    op.alter_column("municipal_definition", "defining_municipality_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_municipal_definition_defining_municipality_id_area"),
        "municipal_definition",
        "area",
        ["defining_municipality_id"],
        ["area_id"],
    )
    op.add_column("indicator_series", sa.Column("defining_municipality_id", sa.Integer()))
    # The worker drops the series of definitions that are gone when it starts.
    op.execute("UPDATE indicator_series SET defining_municipality_id = defining_area_ids[1]")
    op.drop_column("indicator_series", "defining_area_ids")
    op.create_foreign_key(
        op.f("fk_indicator_series_defining_municipality_id_area"),
        "indicator_series",
        "area",
        ["defining_municipality_id"],
        ["area_id"],
    )
