from __future__ import annotations

from tests.pages.invitations.conftest import cecilia, coordinator  # noqa: F401  fixtures
from tests.pages.sign_in.conftest import database_url  # noqa: F401  a fixture
