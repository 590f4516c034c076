"""Names are sorted as Swedish has it, whatever order the database was made with: a sort key in plain ASCII."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# å, ä and ö come after z, in this order; other accents and capitals count last, so the name itself is at the end.
NAME_SORT_KEY = """
CREATE FUNCTION name_sort_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(translate(
    normalize(name, NFC),
    'ÅåÄäÆæÖöØøÉéÈèÊêËëÁáÀàÂâÃãÍíÌìÎîÏïÓóÒòÔôÕõÚúÙùÛûÜüÝýŸÿÇçÑñ',
    '{{||||}}}}eeeeeeeeaaaaaaaaiiiiiiiioooooooouuuuuuyyyyyyccnn'
) COLLATE "C") || chr(1) || name;
"""


def upgrade() -> None:
    # A lock not had at once would make every later query wait behind this one.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(NAME_SORT_KEY)
    op.add_column(
        "area",
        sa.Column("name_sort_key", sa.Text(collation="C"), sa.Computed("name_sort_key(name)", persisted=True)),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("area", "name_sort_key")
    op.execute("DROP FUNCTION name_sort_key")
