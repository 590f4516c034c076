"""How the keys of an issuer are read: seldom, once at a time, within bounds, and never for who need not wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from services.api.http import token_keys
from services.api.http.problems import InvalidToken, NotReady
from services.api.http.token_keys import SECONDS_BETWEEN_FETCHES
from tests.api.tokens.issuer import (
    OwnIssuer,
    public,
    rsa_key,
    says,
    trickles,
)

pytestmark = pytest.mark.server  # the issuer

DISCOVERY = "/.well-known/openid-configuration"
PATIENT = 20.0


async def asked(issuer: OwnIssuer, times: int) -> None:
    """Wait until the issuer has been asked so often."""
    while len(issuer.asked) < times:  # noqa: ASYNC110  it runs in a thread
        await asyncio.sleep(0.005)


def answers_late(issuer: OwnIssuer) -> threading.Event:
    """Let the issuer's next answer wait until what is returned is set."""
    goes_on = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        goes_on.wait(PATIENT)
        says({"keys": issuer.keys})(handler)

    issuer.misbehaves = [answer]
    return goes_on


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
            await verifier.find(issuer.sign_by("new"))
    assert issuer.times_read == 1
    later(SECONDS_BETWEEN_FETCHES)
    await verifier.find(issuer.sign_by("new"))
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
    sent = [issuer.sign_by("new", sub=f"service-{number}") for number in range(50)]
    holders = await asyncio.gather(*map(verifier.find, sent))
    assert len({holder.subject for holder in holders}) == 50
    assert issuer.times_read == 2


async def test_never_more_than_one_request_is_on_its_way(issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_keys, "SECONDS_BETWEEN_FETCHES", 0.0)
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys", seconds=0.5)
    issuer.misbehaves = [trickles]
    refused = await asyncio.gather(*(verifier.find(issuer.sign()) for _ in range(20)), return_exceptions=True)
    assert {type(one) for one in refused} == {NotReady}
    assert issuer.times_read == 1


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
        verifier.find(issuer.sign()), verifier.find(issuer.sign_by("new")), return_exceptions=True
    )
    assert not isinstance(before, BaseException)
    assert isinstance(after, InvalidToken)
    later(SECONDS_BETWEEN_FETCHES)
    await verifier.find(issuer.sign_by("new"))
    assert issuer.times_read == 2


async def test_who_has_a_known_key_does_not_wait_for_who_has_not(
    issuer: OwnIssuer, later: Callable[[float], None]
) -> None:
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys", seconds=PATIENT)
    await verifier.find(issuer.sign())
    later(SECONDS_BETWEEN_FETCHES)
    goes_on = answers_late(issuer)
    stranger = asyncio.create_task(verifier.find(issuer.sign_by("unknown")))
    await asked(issuer, 2)
    await verifier.find(issuer.sign(issuer.claims(sub="other")))
    assert not stranger.done()
    goes_on.set()
    with pytest.raises(InvalidToken, match="not published"):
        await stranger


async def test_who_goes_away_does_not_stop_the_reading_for_others(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys", seconds=PATIENT)
    goes_on = answers_late(issuer)
    first = asyncio.create_task(verifier.find(issuer.sign()))
    second = asyncio.create_task(verifier.find(issuer.sign()))
    await asked(issuer, 1)
    first.cancel()
    await asyncio.wait({first})
    goes_on.set()
    assert (await second).subject == "service-17"
    assert first.cancelled()
    assert issuer.times_read == 1


async def test_a_key_that_is_withdrawn_is_refused_whether_anyone_calls_meanwhile_or_not(
    issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_keys, "SECONDS_BETWEEN_FETCHES", 0.0)
    monkeypatch.setattr(token_keys, "SECONDS_FRESH", 0.01)
    verifier = issuer.verifier(keySet=f"{issuer.address}/keys")
    verifier.start()
    await asked(issuer, 1)
    await verifier.find(issuer.sign())
    issuer.keys = [public(rsa_key("new"), "new")]
    await asked(issuer, issuer.times_read + 3)  # the one before the last has been answered since
    await verifier.stop()
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(issuer.sign(issuer.claims(sub="another")))
    await verifier.find(issuer.sign_by("new"))


async def test_nothing_is_read_any_more_after_the_end(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier(seconds=PATIENT)
    issuer.misbehaves = [trickles]
    verifier.start()
    await asked(issuer, 1)
    await verifier.stop()
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"keys", "key set"})
