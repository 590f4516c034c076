"""What an issuer does that does not answer with a key set: it is waited for, or the last keys serve on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from services.api.http import token_keys
from services.api.http.problems import InvalidToken, NotReady
from services.api.http.token_keys import MOST_BYTES, MOST_KEYS, SECONDS_BETWEEN_FETCHES, SECONDS_FRESH
from shared.connectors.fetching import Fetcher
from tests.api.tokens.issuer import (
    Answers,
    OwnIssuer,
    ec_key,
    fails,
    never_ends,
    public,
    redirects,
    running,
    says,
    sends,
    trickles,
)

pytestmark = pytest.mark.server  # the issuer

DISCOVERY = "/.well-known/openid-configuration"


BAD_ANSWERS: list[tuple[str, Answers, str]] = [
    ("500", fails(500), "broken"),
    ("404", fails(404), "refused"),
    ("429", fails(429), "busy"),
    ("no JSON", sends(b"<html>"), "not JSON"),
    ("no object", says([]), "no JSON object"),
    ("no keys", says({}), "no list"),
    ("keys that are no list", says({"keys": {"a": 1}}), "no list"),
    ("an empty set", says({"keys": []}), "no key"),
    ("keys that are none", says({"keys": [None, 1, "a", [], {}, {"kid": 1}, {"kid": "a", "kty": []}]}), "no key"),
    ("10 000 keys", says({"keys": [{"kid": str(number)} for number in range(10_000)]}), "tooLarge|no list"),
    ("10 000 whole keys", says({"keys": [public(ec_key(), str(number)) for number in range(10_000)]}), "tooLarge"),
    ("one key too many", says({"keys": [public(ec_key(), str(n)) for n in range(MOST_KEYS + 1)]}), "no list"),
    ("a deep set", sends(b'{"keys":' + b"[" * 50_000), "not JSON"),
    ("no UTF-8", sends(b'{"keys": "\xff"}'), "not JSON"),
    ("cut off", sends(b'{"keys":', Content_Length="1000"), "cutOff"),
    ("slow", trickles, "timedOut"),
    ("endless", never_ends, "tooLarge"),
    ("compressed without end", sends(b"\x1f\x8b" + b"x" * 1000, Content_Encoding="gzip"), "not JSON"),
    ("elsewhere, not public", redirects("http://127.0.0.2:1/keys"), "addressNotAllowed"),
    ("the cloud's own address", redirects("http://169.254.169.254/latest"), "addressNotAllowed"),
    ("another port", redirects("http://127.0.0.1:1/keys"), "addressNotAllowed"),
    ("a file", redirects("file:///etc/passwd"), "addressNotAllowed"),
]


@pytest.mark.parametrize(("answer", "why"), [case[1:] for case in BAD_ANSWERS], ids=[case[0] for case in BAD_ANSWERS])
async def test_an_issuer_that_has_never_answered_is_waited_for(
    issuer: OwnIssuer, answer: Answers, why: str, caplog: pytest.LogCaptureFixture, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys", seconds=0.5, most_bytes=MOST_BYTES)
    issuer.misbehaves = [answer]
    started = time.perf_counter()
    for _ in range(3):
        with caplog.at_level(logging.DEBUG), pytest.raises(NotReady) as refused:
            await verifier.find(issuer.sign())
        assert 1 <= int(refused.value.headers["Retry-After"]) <= SECONDS_BETWEEN_FETCHES
    assert time.perf_counter() - started < 10  # they go on for 20
    assert issuer.times_read == 1
    [line] = [record.getMessage() for record in caplog.records if record.name == token_keys.__name__]
    assert line.startswith(f"the keys of {issuer.address} cannot be read: ")
    assert any(one in line for one in why.split("|")), line
    later(SECONDS_BETWEEN_FETCHES)
    await verifier.find(issuer.sign())


@pytest.mark.parametrize("answer", [case[1] for case in BAD_ANSWERS], ids=[case[0] for case in BAD_ANSWERS])
async def test_the_keys_that_were_read_last_serve_on_while_the_issuer_is_away(
    issuer: OwnIssuer, answer: Answers, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys", seconds=0.5)
    await verifier.find(issuer.sign())
    issuer.misbehaves = [answer]
    later(SECONDS_FRESH + 1)
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(issuer.sign_by("unknown"))
    await verifier.find(issuer.sign(issuer.claims(sub="other")))
    assert issuer.times_read == 2


async def test_an_issuer_that_nobody_listens_for_is_away(issuer: OwnIssuer) -> None:
    issuer.address = "http://127.0.0.1:1"
    with pytest.raises(NotReady):
        await issuer.verifier().find(issuer.sign())


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": 17},
        {"jwks_uri": "http://127.0.0.2:1/keys"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[::1]/keys"},
        {"jwks_uri": "http://\x00/"},
        {"jwks_uri": ""},
    ],
)
async def test_a_description_that_leads_elsewhere_is_not_followed(
    issuer: OwnIssuer, description: dict[str, Any]
) -> None:
    issuer.description = description
    with pytest.raises(NotReady):
        await issuer.verifier().find(issuer.sign())
    assert issuer.asked == [DISCOVERY]


async def test_a_description_does_not_lead_into_the_trusted_network(issuer: OwnIssuer) -> None:
    with running() as other:
        issuer.description = {"jwks_uri": f"{other.address}/keys"}
        with pytest.raises(NotReady):
            await issuer.verifier().find(issuer.sign())
        assert other.asked == []


async def test_a_redirect_within_the_origin_is_followed_and_not_for_ever(issuer: OwnIssuer) -> None:
    issuer.misbehaves = [redirects("/keys")]
    await issuer.verifier(keySet=f"{issuer.address}/old").find(issuer.sign())
    issuer.misbehaves = [redirects("/keys") for _ in range(10)]
    with pytest.raises(NotReady):
        await issuer.verifier(keySet=f"{issuer.address}/old").find(issuer.sign())
    assert len(issuer.misbehaves) == 6


async def test_the_guarded_fetcher_reaches_no_network_that_is_not_trusted(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier()
    for _, keys in verifier._issuers.values():
        keys._fetcher = Fetcher()
    with pytest.raises(NotReady):
        await verifier.find(issuer.sign())
    assert issuer.asked == []
