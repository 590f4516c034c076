"""Where the operator names no issuer, a token is no credential."""

import httpx

from services.api.http.routing import BASE


async def test_a_token_is_no_credential(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(f"{BASE}/activity-types", headers={"Authorization": "Bearer eyJh.eyJh.c2ln"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    specification = (await stranger.get(f"{BASE}/openapi.json")).json()
    assert list(specification["components"]["securitySchemes"]) == ["bearer"]
