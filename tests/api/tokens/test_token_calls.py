"""Calls with access tokens: what is answered, by whom they are counted, and that nothing of a token is logged."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import yaml
from fastapi import FastAPI
from openapi_spec_validator import validate
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.problems import MissingScope
from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from shared.db.keys import KeyScope
from shared.logs import DiscreetFormatter
from shared.settings import Settings
from tests.api.tokens.bad_tokens import REFUSED
from tests.api.tokens.issuer import HERE, OwnIssuer, fails, rsa_key
from tests.conftest import BASE_URL

URL = f"{BASE}/activity-types"
WALK = (
    b"source,externalId,type,status,start,area,agreement,annex\n"
    b"test,walk-1,safety-walk,planned,2016-04-12,1282,landskrona-2015-2016,3"
)


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def settings(database_url: str, redis_url: str, issuer: OwnIssuer, tmp_path: Path) -> Settings:
    file = tmp_path / "issuers.yaml"
    entry = issuer.configured()
    entry["grants"]["Elsewhere"] = [{"scope": "administer", "area": "9999"}]
    file.write_text(yaml.safe_dump({"issuers": [entry]}), encoding="utf-8")
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        public_url=BASE_URL,
        log_level="debug",
        trusted_networks=HERE,
        token_issuers=file,
        odata_basic=True,
    )


@pytest.fixture
async def feed(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE_URL}{ROOT}/") as client:
        yield client


@pytest.fixture
def away(issuer: OwnIssuer) -> None:
    """Let the issuer fail when the app, which comes later, asks it first."""
    issuer.misbehaves = [fails(500)]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_serves_where_a_key_does(
    stranger: httpx.AsyncClient, issuer: OwnIssuer, api_keys: Mapping[KeyScope, str]
) -> None:
    token = issuer.sign()
    for credential in (token, api_keys[KeyScope.READ], token):
        assert (await stranger.get(URL, headers=bearer(credential))).status_code == 200
    assert (await stranger.get(URL, headers={"Authorization": f"bearer   {token}"})).status_code == 200


async def test_what_no_value_of_its_claim_grants_is_refused(stranger: httpx.AsyncClient, issuer: OwnIssuer) -> None:
    for roles, reading, reporting in (
        (["Samverkan.Read"], 200, 403),
        (["Samverkan.Report"], 200, 422),
        ([], 403, 403),
    ):
        headers = bearer(issuer.sign(issuer.claims(roles=roles)))
        assert (await stranger.get(URL, headers=headers)).status_code == reading
        answer = await stranger.post(f"{BASE}/activities", json={}, headers=headers)
        assert answer.status_code == reporting
        if reporting == 403:
            assert answer.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')
    answer = await stranger.put(f"{BASE}/areas/1282-park", json={}, headers=bearer(issuer.sign()))
    assert answer.status_code == 403
    assert "'administer'" in answer.json()["detail"]


async def test_rights_hold_in_their_areas_and_what_is_stored_belongs_to_the_owner(
    app: FastAPI, stranger: httpx.AsyncClient, issuer: OwnIssuer, engine: AsyncEngine
) -> None:
    """The grants are `report` in Landskrona and `read` in its county."""
    token = issuer.sign()
    await stranger.get(URL, headers=bearer(token))
    caller = await app.state.resources.keys.find(token)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT code, area_id FROM area WHERE code IN ('1280', '1282', '1480')"))
        ids = {row.code: row.area_id for row in found}
    reading, reporting = caller.accesses[KeyScope.READ], caller.accesses[KeyScope.REPORT]
    assert [ids[code] in reading.details for code in sorted(ids)] == [True, True, False]
    assert [ids[code] in reporting.writes for code in sorted(ids)] == [False, True, False]
    assert {access.owner_area_id for access in caller.accesses.values()} == {ids["1282"]}
    assert set(caller.accesses) == {KeyScope.READ, KeyScope.REPORT}


async def test_who_acts_for_an_organisation_that_does_not_exist_may_do_nothing(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    with pytest.raises(MissingScope, match="do not exist here"):
        await app.state.resources.keys._rights_of(frozenset({(KeyScope.REPORT, "1282")}), "9999")


async def test_rights_in_an_area_that_does_not_exist_are_none(
    stranger: httpx.AsyncClient, issuer: OwnIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        answer = await stranger.get(URL, headers=bearer(issuer.sign(issuer.claims(roles=["Elsewhere"]))))
        assert answer.status_code == 403
        assert answer.json()["detail"] == "The areas for which the access token grants rights do not exist here."
    partly = issuer.sign(issuer.claims(roles=["Elsewhere", "Samverkan.Read"]))
    assert (await stranger.get(URL, headers=bearer(partly))).status_code == 200
    assert caplog.text.count("names areas that do not exist: 9999") == 1


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_every_refusal_is_answered_and_shows_no_part_of_the_token(
    stranger: httpx.AsyncClient, issuer: OwnIssuer, language: str
) -> None:
    for name, token, _ in REFUSED:
        if name == "a line break behind it":  # it ends the header
            continue
        sent = token(issuer)
        headers = {b"Authorization": b"Bearer " + sent.encode(), b"Accept-Language": language.encode()}
        answer = await stranger.get(URL, headers=headers)
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="'), name
        problem = answer.json()
        assert problem["type"].endswith("/invalid-token")
        assert answer.headers["content-language"] == language
        assert (problem["detail"] in answer.headers["www-authenticate"]) == (language == "en"), name
        whole = str(answer.headers) + answer.text
        assert not any(part in whole for part in sent.split(".") if len(part) > 5), name


async def test_an_issuer_that_is_away_is_no_fault_of_the_client(
    away: None,
    stranger: httpx.AsyncClient,
    feed: httpx.AsyncClient,
    issuer: OwnIssuer,
    api_keys: Mapping[KeyScope, str],
) -> None:
    for client, address in ((stranger, URL), (feed, "")):
        answer = await client.get(address, headers=bearer(issuer.sign()))
        assert answer.status_code == 503
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await stranger.get(URL, headers=bearer(api_keys[KeyScope.READ]))).status_code == 200


async def test_the_feed_takes_tokens_and_refuses_in_its_own_form(feed: httpx.AsyncClient, issuer: OwnIssuer) -> None:
    assert (await feed.get("", headers=bearer(issuer.sign()))).status_code == 200
    assert (await feed.get("", auth=("anyone", issuer.sign()))).status_code == 200
    for claims, status, code, error in (
        ({"aud": "other"}, 401, "InvalidToken", "invalid_token"),
        ({"roles": ["other"]}, 403, "MissingScope", "insufficient_scope"),
    ):
        answer = await feed.get("", headers=bearer(issuer.sign(issuer.claims(**claims))))
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == code
        assert f'error="{error}"' in answer.headers["www-authenticate"]


async def test_a_holder_is_counted_as_one_client_and_a_stranger_by_address(
    stranger: httpx.AsyncClient, issuer: OwnIssuer
) -> None:
    for token, policy in ((issuer.sign(), "key"), (issuer.sign(key=rsa_key("forger")), "address")):
        first = await stranger.get(URL, headers=bearer(token))
        again = await stranger.get(URL, headers=bearer(token))
        assert first.headers["ratelimit"].startswith('"address"')
        assert again.headers["ratelimit"].startswith(f'"{policy}"')


async def test_what_a_holder_sends_is_remembered_as_theirs(
    stranger: httpx.AsyncClient, issuer: OwnIssuer, app: FastAPI, engine: AsyncEngine
) -> None:
    token = issuer.sign()
    headers = bearer(token) | {"Prefer": "respond-async", "Content-Type": "text/csv"}
    answer = await stranger.post(f"{BASE}/activity-imports", content=WALK, headers=headers)
    assert answer.status_code == 202, answer.text
    async with engine.connect() as connection:
        [sent_by] = (await connection.execute(text("SELECT DISTINCT sent_by FROM file_import"))).scalars()
    assert sent_by == UUID(app.state.resources.keys.counted_as(token))


async def test_nothing_of_a_token_is_logged(
    stranger: httpx.AsyncClient, issuer: OwnIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(DiscreetFormatter("%(message)s"))
    sent = [issuer.sign(), issuer.sign(issuer.claims(aud="x")), issuer.sign(key=rsa_key("forger")), "a.b.c"]
    with caplog.at_level(logging.DEBUG):
        for token in (*sent, *(token(issuer) for _, token, _ in REFUSED[:20])):
            await stranger.get(URL, headers=bearer(token))
    assert caplog.records
    parts = {part for token in sent for part in token.split(".") if len(part) > 5}
    assert not [line for line in caplog.text.splitlines() if any(part in line for part in parts)]


async def test_the_specification_names_tokens_where_they_are_taken(stranger: httpx.AsyncClient) -> None:
    specification = (await stranger.get(f"{BASE}/openapi.json")).json()
    validate(specification)
    assert specification["components"]["securitySchemes"]["token"]["bearerFormat"] == "JWT"
    for operation in (one for item in specification["paths"].values() for one in item.values()):
        assert {"token": []} in operation.get("security", [{"token": []}])
        if "security" in operation:
            examples: dict[str, Any] = operation["responses"]["401"]["content"]["application/problem+json"]["examples"]
            assert {"missing-credentials", "invalid-token"} <= set(examples)
