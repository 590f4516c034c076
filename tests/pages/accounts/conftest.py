from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.settings import Settings
from tests.api.tokens.issuer import HERE
from tests.api.tokens.provider import Provider, packages, running  # noqa: F401  a fixture
from tests.conftest import BASE_URL

BACK = "/inloggning/kommunen/svar"


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


@pytest.fixture(scope="module", params=[("RS256", "userinfo"), ("ES256", "id-token")], ids=["rsa", "ec"])
def provider(request: pytest.FixtureRequest, packages: Path) -> Iterator[Provider]:  # noqa: F811  the fixture
    """Return an issuer at which people have accounts by their addresses."""
    with running(packages, *request.param, f"{BASE_URL}{BACK}") as one:
        yield one


@pytest.fixture
def settings(database_url: str, redis_url: str, provider: Provider, tmp_path: Path) -> Settings:
    secret = tmp_path / "secret"
    secret.write_text("a secret of people's sign-in\n", encoding="utf-8")
    entry = {
        "code": "kommunen",
        "name": "Landskrona stad",
        "issuer": provider.issuer,
        "clientId": "samverkan",
        "clientSecretFile": str(secret),
        "area": "1282",
    }
    file = tmp_path / "issuers.yaml"
    file.write_text(json.dumps({"signIn": [entry]}), encoding="utf-8")
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        public_url=BASE_URL,
        log_level="warning",
        token_issuers=file,
        trusted_networks=HERE,
    )
