r"""Reads SQL statements from `.sql` files in the folder of the module that runs them.

Parameters are written `:name`, which both SQLAlchemy and psql understand: a file pasted into psql runs after one
`\set as_of '''2016-05-01'''` for each parameter.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def statement(name: str, package: str) -> TextClause:
    """Return the statement in a file of a package, as in `statement("claim.sql", "shared.facts")`."""
    return text(files(package).joinpath(name).read_text(encoding="utf-8"))
