"""The one MetaData: constraint names follow from a convention, so that migrations can name them."""

from sqlalchemy import MetaData, text

# The default of a column that says to which area a row belongs.
ACTING_OWNER = text("acting_owner()")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
