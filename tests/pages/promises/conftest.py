from __future__ import annotations

from tests.pages.invitations.conftest import cecilia, coordinator  # noqa: F401  fixtures
from tests.pages.sign_in.conftest import (  # noqa: F401  fixtures
    database_url,
    desk,
    execute,
    phone,
)
