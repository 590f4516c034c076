"""Tokens of a real issuer: npm's certified oidc-provider."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode

import pytest

from services.api.http.problems import InvalidToken, MissingScope
from services.api.http.token_keys import SECONDS_BETWEEN_FETCHES
from shared.db.keys import KeyScope
from tests.api.tokens.provider import Provider, packages, provider  # noqa: F401  fixtures

pytestmark = pytest.mark.server  # the provider


async def test_a_system_calls_by_the_token_that_it_was_given(provider: Provider) -> None:  # noqa: F811  the fixture
    holder = await provider.verifier(authorizedParties=["streets"]).find(provider.access_token())
    assert (holder.issuer, holder.subject, holder.name) == (provider.issuer, "streets", "streets")
    assert holder.grants == {(KeyScope.REPORT, "1282")}
    assert 0 < holder.expires_at - time.time() <= 300


async def test_a_token_for_another_service_or_of_another_scope_or_client_is_refused(provider: Provider) -> None:  # noqa: F811  the fixture
    with pytest.raises(InvalidToken, match="another service"):
        await provider.verifier().find(provider.access_token("https://other.example"))
    with pytest.raises(MissingScope, match="Nothing is granted"):
        await provider.verifier().find(provider.access_token(scope="other"))
    with pytest.raises(InvalidToken, match="client"):
        await provider.verifier(authorizedParties=["parks"]).find(provider.access_token())


async def test_an_id_token_is_refused_though_it_is_for_this_very_audience(provider: Provider) -> None:  # noqa: F811  the fixture
    token = provider.id_token()
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["nonce"]) == ("page", "once")
    with pytest.raises(InvalidToken, match="not an ID token"):
        await provider.verifier(audience="page", claim="nonce").find(token)


async def test_keys_change_without_a_restart(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811  the fixture
    verifier, old = provider.verifier(), provider.access_token()
    await verifier.find(old)
    provider.change_key()
    new = provider.access_token()
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(new)
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + SECONDS_BETWEEN_FETCHES)
    await verifier.find(new)
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(old)
