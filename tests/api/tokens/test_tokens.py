"""Which access tokens are accepted, what they grant, and which are refused and why. Their issuer signs anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from services.api.http import tokens
from services.api.http.problems import InvalidToken, MissingScope, RequestError
from shared.db.keys import KeyScope
from tests.api.tokens.bad_tokens import REFUSED, longer
from tests.api.tokens.issuer import AUDIENCE, CLIENT, OwnIssuer, ec_key

pytestmark = pytest.mark.server  # the issuer

REPORT = frozenset({(KeyScope.REPORT, "1282"), (KeyScope.READ, "12")})


async def test_a_token_says_who_calls_and_what_they_may_do(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier(
        clientName="app.name", owner={"claim": "org", "values": {"landskrona": "1282"}}, authorizedParties=[CLIENT]
    )
    claims = issuer.claims(app={"name": "Gatukontoret"}, org="landskrona")
    holder = await verifier.find(issuer.sign(claims))
    assert (holder.issuer, holder.subject, holder.name) == (issuer.address, "service-17", "Gatukontoret")
    assert (holder.grants, holder.owner, holder.expires_at) == (REPORT, "1282", claims["exp"])
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


ACCEPTED: dict[str, Callable[[OwnIssuer], str]] = {
    "on P-256": lambda one: one.sign(key=ec_key()),
    "typ JWT": lambda one: one.sign(header={"typ": "JWT"}),
    "typ in full": lambda one: one.sign(header={"typ": "application/AT+JWT"}),
    "one audience of several": lambda one: one.sign(one.claims(aud=["https://other.example", AUDIENCE])),
    "expired within the leeway": lambda one: one.sign(one.claims(exp=int(time.time()) - 50)),
    "begins within the leeway": lambda one: one.sign(one.claims(nbf=time.time() + 50, iat=time.time() + 50.5)),
    "client_id": lambda one: one.sign(one.claims(azp=None, client_id=CLIENT)),
    "Entra ID's first version": lambda one: one.sign(one.claims(azp=None, appid=CLIENT)),
    "no subject but the client": lambda one: one.sign(one.claims(sub=None)),
    "a scope of several": lambda one: one.sign(one.claims(roles="openid Samverkan.Report profile")),
    "200 groups": lambda one: one.sign(
        one.claims(roles=[*(f"g-{number}" for number in range(199)), "Samverkan.Report"])
    ),
    "groups left out that nothing is granted by": lambda one: one.sign(one.claims(_claim_names={"groups": "src1"})),
    "an address for keys, which is not asked": lambda one: one.sign(header={"jku": f"{one.address}/other"}),
    "claims that nobody asks for": lambda one: one.sign(one.claims(other={"deep": [[1, None, "å"]]})),
}


@pytest.mark.parametrize("token", ACCEPTED.values(), ids=ACCEPTED)
async def test_a_good_token_is_accepted(issuer: OwnIssuer, token: Callable[[OwnIssuer], str]) -> None:
    assert (await issuer.verifier().find(token(issuer))).grants == REPORT
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(("token", "why"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_a_bad_token_is_refused_with_the_reason(
    issuer: OwnIssuer, token: Callable[[OwnIssuer], str], why: str
) -> None:
    sent = token(issuer)
    with pytest.raises(InvalidToken, match=why) as refused:
        await issuer.verifier().find(sent)
    assert set(issuer.asked) <= {"/.well-known/openid-configuration", "/keys"}
    challenge = refused.value.headers["WWW-Authenticate"]
    assert challenge == f'Bearer error="invalid_token", error_description="{refused.value.detail}"'
    assert challenge.isascii()
    assert challenge.count('"') == 4
    assert not any(part in challenge for part in sent.split(".") if len(part) > 5)


async def test_a_token_as_long_as_is_read_is_accepted(issuer: OwnIssuer) -> None:
    sent = longer(issuer, tokens.LONGEST - 3)
    assert tokens.LONGEST - 3 <= len(sent) <= tokens.LONGEST
    assert (await issuer.verifier().find(sent)).grants == REPORT


@pytest.mark.parametrize(
    ("parties", "claims", "is_accepted"),
    [
        ([CLIENT], {}, True),
        ([CLIENT, "other"], {"client_id": "other"}, True),
        (["other"], {}, False),
        ([CLIENT], {"client_id": "other"}, False),
        ([CLIENT.upper()], {}, False),
    ],
)
async def test_every_client_that_is_named_must_be_among_those_accepted(
    issuer: OwnIssuer, parties: list[str], claims: dict[str, str], is_accepted: bool
) -> None:
    verifier = issuer.verifier(authorizedParties=parties)
    if is_accepted:
        await verifier.find(issuer.sign(issuer.claims(**claims)))
    else:
        with pytest.raises(InvalidToken, match="client"):
            await verifier.find(issuer.sign(issuer.claims(**claims)))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"roles": None}, "lacks the claim roles"),
        ({"roles": []}, "Nothing is granted"),
        ({"roles": ""}, "Nothing is granted"),
        ({"roles": ["samverkan.report", " Samverkan.Report"]}, "Nothing is granted"),
        ({"roles": None, "_claim_names": {"groups": "src1"}}, "lacks the claim roles"),
        ({"roles": None, "_claim_names": {"roles": "src1"}, "_claim_sources": {"src1": {}}}, "too many"),
        ({"roles": None, "_claim_names": ["roles"]}, "lacks the claim roles"),
    ],
)
async def test_a_token_that_grants_nothing_is_forbidden_everything(
    issuer: OwnIssuer, claims: dict[str, Any], why: str
) -> None:
    with pytest.raises(MissingScope, match=why) as refused:
        await issuer.verifier().find(issuer.sign(issuer.claims(**claims)))
    assert refused.value.headers["WWW-Authenticate"].startswith('Bearer error="insufficient_scope", ')


@pytest.mark.parametrize("claims", [{"_claim_names": {"groups": "src1"}}, {"hasgroups": True}])
async def test_left_out_groups_are_answered_with_what_to_change(issuer: OwnIssuer, claims: dict[str, Any]) -> None:
    with pytest.raises(MissingScope, match=r"roles of the application instead"):
        await issuer.verifier(claim="groups").find(issuer.sign(issuer.claims(**claims)))


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["Samverkan.Report"]}}),
        (["resource_access", "a.b", "roles"], {"resource_access": {"a.b": {"roles": ["Samverkan.Report"]}}}),
        (["https://example.se/roles"], {"https://example.se/roles": "Samverkan.Report"}),
        ("scp", {"scp": "User.Read Samverkan.Report"}),
    ],
)
async def test_rights_are_found_by_the_path_to_their_claim(
    issuer: OwnIssuer, claim: str | list[str], claims: dict[str, Any]
) -> None:
    verifier = issuer.verifier(claim=claim)
    assert (await verifier.find(issuer.sign(issuer.claims(roles=None, **claims)))).grants == REPORT
    with pytest.raises(MissingScope):
        await verifier.find(issuer.sign(issuer.claims(realm_access="roles", resource_access=["a.b"])))


@pytest.mark.parametrize(
    ("claims", "owner"),
    [({"org": "landskrona"}, "1282"), ({"org": ["x", "malmö"]}, "1280"), ({"org": "x"}, None), ({}, None)],
)
async def test_the_owner_follows_from_its_claim(issuer: OwnIssuer, claims: dict[str, Any], owner: str | None) -> None:
    verifier = issuer.verifier(owner={"claim": "org", "values": {"landskrona": "1282", "malmö": "1280"}})
    assert (await verifier.find(issuer.sign(issuer.claims(**claims)))).owner == owner
    with pytest.raises(MissingScope, match="several organisations"):
        await verifier.find(issuer.sign(issuer.claims(org=["landskrona", "malmö"])))


@pytest.mark.parametrize("name", [None, 17, "", "x" * 256, "a\u202eb", ["x"]])
async def test_what_cannot_be_shown_as_a_name_gives_way_to_the_client(issuer: OwnIssuer, name: object) -> None:
    token = issuer.sign(issuer.claims(app_displayname=name))
    assert (await issuer.verifier(clientName="app_displayname").find(token)).name == CLIENT


async def test_one_holder_is_counted_as_one_whatever_token(issuer: OwnIssuer) -> None:
    verifier = issuer.verifier()
    first, second = issuer.sign(), issuer.sign(issuer.claims(exp=int(time.time()) + 77))
    other = issuer.sign(issuer.claims(sub="service-18"))
    assert verifier.counted_as(first) is None
    for token in (first, second, other):
        await verifier.find(token)
    assert verifier.counted_as(first) == verifier.counted_as(second) != verifier.counted_as(other)


async def test_an_answer_is_remembered_for_seconds_and_never_beyond_the_end(
    issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = issuer.verifier()
    checked: list[str] = []
    check = verifier._verify

    async def counted(token: str) -> Any:
        checked.append(token)
        return await check(token)

    monkeypatch.setattr(verifier, "_verify", counted)
    long, expired = issuer.sign(), issuer.sign(issuer.claims(exp=int(time.time()) - 30))
    for token in (long, long, expired, expired):
        await verifier.find(token)
    assert checked == [long, expired, expired]
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment + tokens.SECONDS_CACHED)
    await verifier.find(long)
    assert checked.count(long) == 2


async def test_a_token_that_has_expired_is_counted_as_nobodys(
    issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier, token = issuer.verifier(), issuer.sign(issuer.claims(exp=int(time.time()) - 59))
    await verifier.find(token)
    assert verifier.counted_as(token)
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment + 5)
    with pytest.raises(InvalidToken, match="expired"):
        await verifier.find(token)
    assert verifier.counted_as(token) is None


async def test_so_many_tokens_are_remembered_and_no_more(issuer: OwnIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_CACHED", 3)
    verifier = issuer.verifier()
    sent = [issuer.sign(issuer.claims(sub=f"service-{number}")) for number in range(5)]
    for token in sent:
        await verifier.find(token)
    assert [verifier.counted_as(token) is None for token in sent] == [True, True, False, False, False]


async def test_every_refusal_is_a_request_error(issuer: OwnIssuer) -> None:
    """No other error can come of a token: the table above is sent to one verifier in a row."""
    verifier = issuer.verifier()
    for _, token, _ in REFUSED:
        with pytest.raises(RequestError):
            await verifier.find(token(issuer))
    assert issuer.times_read == 1
