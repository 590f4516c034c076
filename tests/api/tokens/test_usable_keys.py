"""Which keys of an issuer's set may have signed a token."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.api.http.issuers import Issuer
from services.api.http.problems import InvalidToken
from services.api.http.tokens import TokenVerifier
from shared.connectors.fetching import Fetcher
from tests.api.tokens.issuer import HERE, OwnIssuer, ec_key, public, rsa_key, running

pytestmark = pytest.mark.server  # the issuer


async def test_of_two_keys_with_one_id_either_may_have_signed(issuer: OwnIssuer) -> None:
    issuer.keys = [public(rsa_key(name), "rsa") for name in ("first", "second")] + [public(ec_key(), "rsa")]
    verifier = issuer.verifier()
    for key in (rsa_key("first"), rsa_key("second"), ec_key()):
        await verifier.find(issuer.sign(key=key, header={"kid": "rsa"}))
    with pytest.raises(InvalidToken, match="signature"):
        await verifier.find(issuer.sign(key=rsa_key("third")))


RSA = public(rsa_key(), "rsa")
UNUSABLE: dict[str, dict[str, Any]] = {
    "1024 bits": public(rsa_key("weak", 1024), "rsa"),
    "2047 bits": {**RSA, "n": "f" + "_" * 340 + "8"},
    "exponent 1": RSA | {"e": "AQ"},
    "exponent 3": RSA | {"e": "Aw"},
    "a huge exponent": RSA | {"e": RSA["n"]},
    "an even exponent": RSA | {"e": "AQAA"},
    "a huge number": RSA | {"n": RSA["n"] * 50},
    "no number": RSA | {"n": ""},
    "numbers that are none": RSA | {"n": 17},
    "no exponent": {name: part for name, part in RSA.items() if name != "e"},
    "encryption": RSA | {"use": "enc"},
    "another algorithm": RSA | {"alg": "PS256"},
    "HMAC": RSA | {"alg": "HS256"},
    "signing only": RSA | {"key_ops": ["sign"]},
    "operations that are none": RSA | {"key_ops": "verify"},
    "its private part": RSA | {"d": "AQAB"},
    "a secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "rsa"},
    "no kind": {name: part for name, part in RSA.items() if name != "kty"},
    "a kind in small letters": RSA | {"kty": "rsa"},
}


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_weak_key_or_one_for_something_else_is_not_used(issuer: OwnIssuer, key: dict[str, Any]) -> None:
    issuer.keys = [key, public(ec_key(), "ec")]
    verifier = issuer.verifier()
    signer = rsa_key("weak", 1024) if key is UNUSABLE["1024 bits"] else rsa_key()
    with pytest.raises(InvalidToken, match="cannot be used"):
        await verifier.find(issuer.sign(key=signer))
    await verifier.find(issuer.sign(key=ec_key()))


@pytest.mark.parametrize("curve", [ec.SECP384R1, ec.SECP256K1])
async def test_another_curve_is_not_used(issuer: OwnIssuer, curve: type[ec.EllipticCurve]) -> None:
    issuer.keys = [public(rsa_key(), "rsa"), public(ec_key("other", curve), "ec")]
    with pytest.raises(InvalidToken, match="cannot be used"):
        await issuer.verifier().find(issuer.sign(key=ec_key("other", curve)))


async def test_a_point_beside_the_curve_is_not_used(issuer: OwnIssuer) -> None:
    point = public(ec_key(), "ec")
    issuer.keys = [public(rsa_key(), "rsa"), point | {"x": point["y"]}]
    with pytest.raises(InvalidToken, match="cannot be used"):
        await issuer.verifier().find(issuer.sign(key=ec_key()))


async def test_an_issuer_has_its_own_keys_alone(issuer: OwnIssuer) -> None:
    """What one issuer has signed is no other's, though their keys have one id."""
    with running() as other:
        other.keys = [public(rsa_key("other"), "rsa")]
        fetcher = Fetcher(HERE, seconds=2)
        verifier = TokenVerifier([Issuer.model_validate(one.configured()) for one in (issuer, other)], fetcher)
        await verifier.find(issuer.sign())
        await verifier.find(other.sign(key=rsa_key("other")))
        for one, key in ((issuer, rsa_key("other")), (other, rsa_key())):
            with pytest.raises(InvalidToken, match="signature"):
                await verifier.find(one.sign(key=key))
