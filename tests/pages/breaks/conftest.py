"""Landskrona's year 2016 and its people, as the agreement's pages have them."""

from tests.pages.agreement.conftest import database_url, visiting  # noqa: F401  fixtures
