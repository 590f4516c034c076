"""How the keys of an issuer are read: seldom, once at a time, within bounds, and never for who need not wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from services.api.http import token_keys
from services.api.http.problems import InvalidToken, NotReady
from services.api.http.token_keys import MOST_BYTES, MOST_KEYS, SECONDS_BETWEEN_FETCHES, SECONDS_FRESH
from services.api.http.tokens import TokenVerifier
from shared.connectors.fetching import Fetcher
from tests.api.tokens.issuer import (
    Answers,
    OwnIssuer,
    ec_key,
    fails,
    never_ends,
    public,
    redirects,
    rsa_key,
    says,
    sends,
    trickles,
)

pytestmark = pytest.mark.server  # the issuer

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what puts the clock that only runs forward on by so many seconds."""
    passed, now = 0.0, time.monotonic

    def put_on(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now() + passed)
    return put_on


def signed(issuer: OwnIssuer, name: str, **claims: Any) -> str:
    """Return a token by a key of its own, whose id is its name."""
    return issuer.sign(issuer.claims(**claims), rsa_key(name), {"kid": name})


async def rest(verifier: TokenVerifier) -> None:
    """Wait until nothing is being read any more."""
    for _, keys in verifier._issuers.values():
        while keys._fetching is not None:
            await asyncio.wait({keys._fetching})


async def asked(issuer: OwnIssuer, times: int) -> None:
    """Wait until the issuer has been asked so often."""
    while len(issuer.asked) < times:  # noqa: ASYNC110  it runs in a thread
        await asyncio.sleep(0.005)


async def test_a_known_key_is_not_read_again(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier()
    for number in range(20):
        await verifier.find(issuer.sign(issuer.claims(sub=f"service-{number}")))
    assert issuer.asked == [DISCOVERY, "/keys"]


async def test_a_key_set_that_the_operator_names_is_read_without_the_description(issuer: OwnIssuer) -> None:
    await issuer.verifier(keySet=f"{issuer.address}/keys").find(issuer.sign())
    assert issuer.asked == ["/keys"]


async def test_a_new_key_is_found_once_a_minute_at_most(issuer: OwnIssuer, later: Callable[[float], None]) -> None:
    verifier = issuer.verifier()
    await verifier.find(issuer.sign())
    issuer.keys = [public(rsa_key("new"), "new")]
    for _ in range(50):
        with pytest.raises(InvalidToken, match="not published"):
            await verifier.find(signed(issuer, "new"))
    assert issuer.times_read == 1
    later(SECONDS_BETWEEN_FETCHES)
    await verifier.find(signed(issuer, "new"))
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(issuer.sign(issuer.claims(sub="its key is withdrawn")))
    assert issuer.times_read == 2


async def test_many_who_bring_a_new_key_at_once_make_one_request(
    issuer: OwnIssuer, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier()
    await verifier.find(issuer.sign())
    later(SECONDS_BETWEEN_FETCHES)
    issuer.keys.append(public(rsa_key("new"), "new"))
    sent = [signed(issuer, "new", sub=f"service-{number}") for number in range(50)]
    holders = await asyncio.gather(*map(verifier.find, sent))
    assert len({holder.subject for holder in holders}) == 50
    assert issuer.times_read == 2


async def test_a_key_that_changes_while_the_set_is_read_is_found_the_next_time(
    issuer: OwnIssuer, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys")
    old = {"keys": issuer.keys}

    def changes_meanwhile(handler: Any) -> None:
        issuer.keys = [public(rsa_key("new"), "new")]
        says(old)(handler)

    issuer.misbehaves = [changes_meanwhile]
    before, after = await asyncio.gather(
        verifier.find(issuer.sign()), verifier.find(signed(issuer, "new")), return_exceptions=True
    )
    assert not isinstance(before, BaseException)
    assert isinstance(after, InvalidToken)
    later(SECONDS_BETWEEN_FETCHES)
    await verifier.find(signed(issuer, "new"))
    assert issuer.times_read == 2


async def test_who_has_a_known_key_does_not_wait_for_who_has_not(
    issuer: OwnIssuer, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier()
    await verifier.find(issuer.sign())
    later(SECONDS_BETWEEN_FETCHES)
    issuer.misbehaves = [trickles]
    stranger = asyncio.create_task(verifier.find(signed(issuer, "unknown")))
    await asked(issuer, 3)
    started = time.perf_counter()
    await verifier.find(issuer.sign(issuer.claims(sub="other")))
    assert time.perf_counter() - started < 0.5
    assert not stranger.done()
    with pytest.raises(InvalidToken, match="not published"):
        await stranger


async def test_who_goes_away_does_not_stop_the_reading_for_others(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier()
    first = asyncio.create_task(verifier.find(issuer.sign()))
    second = asyncio.create_task(verifier.find(issuer.sign()))
    await asked(issuer, 1)
    first.cancel()
    assert (await second).subject == "service-17"
    assert first.cancelled()


async def test_an_old_set_is_read_anew_beside_the_requests(issuer: OwnIssuer, later: Callable[[float], None]) -> None:
    verifier = issuer.verifier()
    await verifier.find(issuer.sign())
    issuer.keys = [public(rsa_key("new"), "new")]
    later(SECONDS_FRESH + 1)
    await verifier.find(issuer.sign())
    await rest(verifier)
    assert issuer.times_read == 2
    later(SECONDS_BETWEEN_FETCHES)
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(issuer.sign())


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
    assert time.perf_counter() - started < 2
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
        await verifier.find(signed(issuer, "unknown"))
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
