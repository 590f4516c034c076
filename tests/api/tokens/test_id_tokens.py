"""What an issuer may answer to who signs in by an account, and what of it is not believed."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from services.api.http import accounts
from services.api.http.accounts import AccountSignIn, SignInFailed, SignInFailure
from services.api.http.issuers import SignInIssuer
from shared.connectors.fetching import Fetcher
from tests.api.tokens.issuer import HERE, OwnIssuer, ec_key, fails, redirects, rsa_key, says, sends

pytestmark = pytest.mark.server  # the issuer

SECRET, BACK, ADDRESS = (
    "a browser's secret",
    "https://samverkan.example/inloggning/kommunen/svar",
    "anna@kommun.example",
)


async def begun(issuer: OwnIssuer) -> tuple[AccountSignIn, dict[str, str]]:
    """Begin to sign in, and return also what the issuer was asked."""
    endpoints = {"authorization_endpoint": f"{issuer.address}/auth", "token_endpoint": f"{issuer.address}/token"}
    issuer.description = endpoints | issuer.description
    entry = {"code": "kommunen", "name": "K", "issuer": issuer.address, "clientId": "samverkan", "area": "1282"}
    account = AccountSignIn(SignInIssuer.model_validate(entry), Fetcher(HERE, seconds=2, most_bytes=100_000), BACK)
    return account, dict(httpx.URL(await account.begin(SECRET)).params)


def claims_of(issuer: OwnIssuer, asked: dict[str, str], **others: Any) -> dict[str, Any]:
    whole = {"aud": "samverkan", "azp": None, "nonce": asked["nonce"], "email": ADDRESS, "email_verified": True}
    return issuer.claims(**(whole | others))


async def finish(account: AccountSignIn, asked: dict[str, str]) -> str:
    return await account.finish(SECRET, {"code": "a code", "state": asked["state"]})


@pytest.mark.parametrize("verified", [True, "true", "1", 1])
async def test_a_confirmed_address_is_returned(issuer: OwnIssuer, verified: object) -> None:
    account, asked = await begun(issuer)
    claims = claims_of(issuer, asked, email_verified=verified)
    issuer.tokens = {"id_token": issuer.sign(claims, header={"typ": "JWT"}), "access_token": "x"}
    assert await finish(account, asked) == ADDRESS
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BACK


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "api://samverkan"},
    "no audience": {"aud": None},
    "several audiences, for another": {"aud": ["samverkan", "other"], "azp": "other"},
    "several audiences, for nobody": {"aud": ["samverkan", "other"]},
    "another issuer": {"iss": "https://other.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": int(time.time()) - 61},
    "no end": {"exp": None},
    "an end in words": {"exp": "tomorrow"},
    "of times to come": {"iat": int(time.time()) + 100_000},
    "no time": {"iat": None},
    "another nonce": {"nonce": "other"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "another access token": {"at_hash": "x"},
}


@pytest.mark.parametrize("wrong", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_an_id_token_of_something_else_is_refused(issuer: OwnIssuer, wrong: dict[str, Any]) -> None:
    account, asked = await begun(issuer)
    token = issuer.sign(claims_of(issuer, asked, **wrong), header={"typ": "JWT"})
    issuer.tokens = {"id_token": token, "access_token": "x"}
    await refused(account, asked, SignInFailure.REFUSED)


async def test_a_nonce_among_others_is_none(issuer: OwnIssuer) -> None:
    account, asked = await begun(issuer)
    issuer.tokens = {"id_token": issuer.sign(claims_of(issuer, asked, nonce=[asked["nonce"], "x"]))}
    await refused(account, asked, SignInFailure.REFUSED)


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"alg": "none"}, {"crit": ["exp"]}])
async def test_a_token_of_another_kind_is_refused(issuer: OwnIssuer, header: dict[str, Any]) -> None:
    account, asked = await begun(issuer)
    issuer.tokens = {"id_token": issuer.sign(claims_of(issuer, asked), header={"typ": "JWT"} | header)}
    await refused(account, asked, SignInFailure.REFUSED)


async def test_another_key_signs_nothing(issuer: OwnIssuer) -> None:
    for key in (rsa_key("forger"), ec_key("forger")):
        account, asked = await begun(issuer)
        issuer.tokens = {"id_token": issuer.sign(claims_of(issuer, asked), key, {"typ": "JWT"})}
        await refused(account, asked, SignInFailure.REFUSED)


UNUSABLE: tuple[object, ...] = (17, "", "a b", "\u00e5", "a\r\nb", [])


@pytest.mark.parametrize("token", UNUSABLE)
@pytest.mark.parametrize("has_address", [True, False])
async def test_an_access_token_that_no_header_can_carry_is_refused(
    issuer: OwnIssuer, token: object, *, has_address: bool
) -> None:
    issuer.description = {"userinfo_endpoint": f"{issuer.address}/userinfo"}
    account, asked = await begun(issuer)
    claims = claims_of(issuer, asked) if has_address else claims_of(issuer, asked, email=None)
    issuer.tokens = {"id_token": issuer.sign(claims, header={"typ": "JWT"}), "access_token": token}
    await refused(account, asked, SignInFailure.REFUSED)


@pytest.mark.parametrize("methods", [None, 17, "client_secret_post", [], [17]])
async def test_an_issuer_may_say_anything_of_how_it_knows_clients(issuer: OwnIssuer, methods: object) -> None:
    issuer.description = {"token_endpoint_auth_methods_supported": methods}
    account, asked = await begun(issuer)
    issuer.tokens = {"id_token": issuer.sign(claims_of(issuer, asked), header={"typ": "JWT"}), "access_token": "x"}
    assert await finish(account, asked) == ADDRESS


async def test_what_an_issuer_said_last_is_good_while_it_is_away(
    issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SECONDS_DESCRIBED", 0.0)
    account, asked = await begun(issuer)
    issuer.misbehaves = [fails(503)]
    assert dict(httpx.URL(await account.begin(SECRET)).params) == asked


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (fails(400), SignInFailure.REFUSED),
        (fails(401), SignInFailure.REFUSED),
        (fails(500), SignInFailure.AWAY),
        (fails(503), SignInFailure.AWAY),
        (redirects("/elsewhere"), SignInFailure.REFUSED),
        (sends(b"<html>"), SignInFailure.REFUSED),
        (sends(b"[]"), SignInFailure.REFUSED),
        (sends(b" " * 300_000), SignInFailure.AWAY),
        (says({"access_token": "x"}), SignInFailure.REFUSED),
        (says({"id_token": 17}), SignInFailure.REFUSED),
        (says({"id_token": "a.b.c"}), SignInFailure.REFUSED),
        *((says({"id_token": "a.b.c", "access_token": token}), SignInFailure.REFUSED) for token in UNUSABLE),
    ],
)
async def test_what_is_no_answer_signs_nobody_in(issuer: OwnIssuer, answer: Any, failure: SignInFailure) -> None:
    account, asked = await begun(issuer)
    issuer.misbehaves = [answer]
    await refused(account, asked, failure)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email_verified": [True]},
        {"email": "anna"},
        {"email": [ADDRESS]},
        {"email": f"{ADDRESS}, bo@kommun.example"},
        {"email": f"{ADDRESS}\n"},
        {"email": "\u212a@kommun.example"},
        {"email": None},
    ],
)
async def test_an_address_that_is_not_confirmed_is_none(issuer: OwnIssuer, wrong: dict[str, Any]) -> None:
    account, asked = await begun(issuer)
    issuer.tokens = {"id_token": issuer.sign(claims_of(issuer, asked, **wrong), header={"typ": "JWT"})}
    await refused(account, asked, SignInFailure.NOT_VERIFIED)


async def test_what_the_issuer_hands_on_is_asked_only_in_public(issuer: OwnIssuer) -> None:
    """The code goes to no other server of one's own network, though its address is in the description."""
    issuer.description = {"token_endpoint": "http://127.0.0.1:9/token"}
    account, asked = await begun(issuer)
    await refused(account, asked, SignInFailure.AWAY)


async def refused(account: AccountSignIn, asked: dict[str, str], failure: SignInFailure) -> None:
    with pytest.raises(SignInFailed) as failed:
        await finish(account, asked)
    assert failed.value.failure is failure
