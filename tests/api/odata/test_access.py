"""Who may read the feed: every address asks for a key; a password counts as one only where the operator allows it."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import product

import httpx
import pytest

from services.api.app import create_app
from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.odata.conftest import keeps_form
from tests.conftest import BASE_URL

ADDRESSES = ("", "/", "/$metadata", "/Areas", "/Areas('SE')", "/Areas/$count", "/$batch", "/nothing/at/all")

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture(params=[False, True], ids=["Bearer alone", "Basic too"])
def basic(request: pytest.FixtureRequest) -> bool:
    """Return whether the operator allows passwords."""
    return request.param


@pytest.fixture
async def stranger(settings: Settings, basic: bool) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client without a key, of a feed that takes passwords or does not."""
    app = create_app(settings.model_copy(update={"odata_basic": basic}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=f"{BASE_URL}{ROOT}", event_hooks={"response": [keeps_form]}
        ) as client,
    ):
        yield client


def _password(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


async def test_every_address_asks_for_a_key(stranger: httpx.AsyncClient, basic: bool) -> None:
    for address, method in product(ADDRESSES, ("GET", "POST", "OPTIONS")):
        answer = await stranger.request(method, f"{BASE_URL}{ROOT}{address}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "MissingCredentials")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert ("Basic realm=" in answer.headers["www-authenticate"]) == basic


async def test_a_password_is_a_key_only_where_it_is_turned_on(
    stranger: httpx.AsyncClient, basic: bool, api_keys: Mapping[KeyScope, str]
) -> None:
    for user in ("", "anyone", "å"):
        answer = await stranger.get("/Areas", headers=_password(f"{user}:{api_keys[KeyScope.READ]}"))
        assert answer.status_code == (200 if basic else 401)


async def test_what_is_no_key_is_refused(stranger: httpx.AsyncClient) -> None:
    for credentials in ("", "Basic", "Basic !", "Basic 4pyT", "Bearer", "Bearer wrong", "Digest x", "\xff"):
        answer = await stranger.get("/Areas", headers={b"Authorization": credentials.encode("latin-1")})
        assert answer.status_code == 401
    for password in ("no colon", ":", "user:", "user:wrong", "user:\0"):
        assert (await stranger.get("/Areas", headers=_password(password))).status_code == 401


async def test_a_key_reads_by_any_scope(stranger: httpx.AsyncClient, api_keys: Mapping[KeyScope, str]) -> None:
    for key in api_keys.values():
        assert (await stranger.get("/Areas", headers={"Authorization": f"Bearer {key}"})).status_code == 200


async def test_the_other_api_takes_no_password(stranger: httpx.AsyncClient, api_keys: Mapping[KeyScope, str]) -> None:
    headers = _password(f"user:{api_keys[KeyScope.READ]}")
    async with httpx.AsyncClient(transport=stranger._transport, base_url=BASE_URL) as client:
        assert (await client.get("/samverkan/v1/areas", headers=headers)).status_code == 401
