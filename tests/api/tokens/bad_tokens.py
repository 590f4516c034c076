"""Tokens that are to be refused: what is wrong, how one is made, and what the refusal says."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.api.http import tokens
from tests.api.tokens.issuer import AUDIENCE, CLIENT, OwnIssuer, ec_key, encoded, public, rsa_key

GUIDS = [f"{number:08d}-1111-2222-3333-444444444444" for number in range(200)]


def with_claims(**claims: Any) -> Callable[[OwnIssuer], str]:
    return lambda one: one.sign(one.claims(**claims))


def with_header(**header: Any) -> Callable[[OwnIssuer], str]:
    return lambda one: one.sign(header=header)


def forged(**header: Any) -> Callable[[OwnIssuer], str]:
    """Return what signs by a key that the issuer has never seen."""
    return lambda one: one.sign(key=rsa_key("forger"), header=header)


def unsigned(algorithm: str, ending: str = "") -> Callable[[OwnIssuer], str]:
    def token(one: OwnIssuer) -> str:
        return f"{encoded({'alg': algorithm, 'kid': 'rsa', 'typ': 'JWT'})}.{encoded(one.claims())}.{ending}"

    return token


def signed_by_public_key(form: PublicFormat) -> Callable[[OwnIssuer], str]:
    """Return what signs with HMAC by what everyone knows."""

    def token(one: OwnIssuer) -> str:
        secret = rsa_key().public_key().public_bytes(Encoding.PEM, form)
        signed = f"{encoded({'alg': 'HS256', 'kid': 'rsa', 'typ': 'JWT'})}.{encoded(one.claims())}"
        return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    return token


def changed(change: Callable[[list[str]], str]) -> Callable[[OwnIssuer], str]:
    return lambda one: change(one.sign().split("."))


def longer(one: OwnIssuer, bytes_: int) -> str:
    """Return a good token of nearly so many bytes: no fewer, and three more at most."""
    missing = bytes_ - len(one.sign(one.claims(pad="")))
    return one.sign(one.claims(pad="x" * (missing * 3 // 4 + 1)))


OWN = public(rsa_key("forger"), "rsa")
NESTED = b'{"a":' * 1100 + b"1" + b"}" * 1100
WRONG_ALGORITHMS: list[Any] = ["RS512", "PS256", "ES384", 256, ["RS256"], {}]
WRONG_TIMES: list[Any] = ["2999999999", True, [1], {}]
REFUSED: list[tuple[str, Callable[[OwnIssuer], str], str]] = [
    ("alg none", unsigned("none"), "three parts"),
    *((f"alg {alg}", unsigned(alg, "AAAA"), "algorithm") for alg in ("none", "None", "nOnE", "")),
    ("HMAC by the public key", signed_by_public_key(PublicFormat.SubjectPublicKeyInfo), "algorithm"),
    ("HMAC by the public key of PKCS1", signed_by_public_key(PublicFormat.PKCS1), "algorithm"),
    *((f"alg {alg!r}", with_header(alg=alg), "algorithm") for alg in WRONG_ALGORITHMS),
    ("no alg", with_header(alg=None), "algorithm"),
    ("ES256 by the RSA key's id", lambda one: one.sign(key=ec_key(), header={"kid": "rsa"}), "cannot be used"),
    ("RS256 by the other key's id", with_header(kid="ec"), "cannot be used"),
    ("another's signature", forged(), "signature"),
    ("another's signature on P-256", lambda one: one.sign(key=ec_key("forger")), "signature"),
    ("a key in the header", forged(jwk=OWN), "signature"),
    ("an address for keys", forged(jku="https://forger.example/keys"), "signature"),
    ("an address for certificates", forged(x5u="https://forger.example/certificate"), "signature"),
    ("a certificate in the header", forged(x5c=["MIIB"]), "signature"),
    ("crit", with_header(crit=["exp"]), "crit"),
    ("an empty crit", with_header(crit=[]), "crit"),
    ("b64 false", with_header(b64=False), "crit"),
    ("b64 false and critical", with_header(b64=False, crit=["b64"]), "crit"),
    ("no typ", with_header(typ=None), "typ"),
    *((f"typ {typ}", with_header(typ=typ), "typ") for typ in ("logout+jwt", "id_token", "dpop+jwt", 1, ["JWT"])),
    ("no kid", with_header(kid=None), "kid"),
    ("a number as kid", with_header(kid=1), "three parts|kid"),
    ("an unknown kid", with_header(kid="new"), "not published"),
    ("another issuer", with_claims(iss="https://other.example"), "issuer"),
    ("the issuer with a slash", lambda one: one.sign(one.claims(iss=f"{one.address}/")), "issuer"),
    ("no issuer", with_claims(iss=None), "issuer"),
    ("issuers", lambda one: one.sign(one.claims(iss=[one.address])), "issuer"),
    ("another audience", with_claims(aud="https://other.example"), "another service"),
    ("other audiences", with_claims(aud=["https://other.example", f"{AUDIENCE}/"]), "another service"),
    ("no audience", with_claims(aud=None), "claim aud"),
    ("no audience in the list", with_claims(aud=[]), "another service"),
    ("a number among audiences", with_claims(aud=[AUDIENCE, 1]), "claim aud"),
    ("an object as audience", with_claims(aud={AUDIENCE: 1}), "claim aud"),
    ("expired", lambda one: one.sign(one.claims(exp=int(time.time()) - 61)), "expired"),
    ("no exp", with_claims(exp=None), "claim exp"),
    *((f"exp {exp!r}", with_claims(exp=exp), "claim exp") for exp in WRONG_TIMES),
    ("exp NaN", lambda one: one.sign(json.dumps(one.claims(exp=float("nan"))).encode()), "three parts"),
    (
        "exp 1e999",
        lambda one: one.sign(json.dumps(one.claims(exp=17)).replace(": 17", ": 1e999").encode()),
        "exp|three",
    ),
    ("to come", lambda one: one.sign(one.claims(nbf=time.time() + 70)), "in force yet"),
    ("issued in times to come", lambda one: one.sign(one.claims(iat=time.time() + 70)), "in force yet"),
    ("nbf as text", with_claims(nbf="0"), "claim nbf"),
    ("no client", with_claims(azp=None), "ID token"),
    ("an ID token with a hash", with_claims(at_hash="x"), "ID token"),
    *((f"a token of Keycloak's, {typ}", with_claims(typ=typ), "ID token") for typ in ("ID", "Refresh", "Offline")),
    ("an ID token of Cognito's", with_claims(token_use="id"), "ID token"),
    ("a number as client", with_claims(azp=17), "client_id"),
    ("two clients, one of them a list", with_claims(client_id=[CLIENT]), "client_id"),
    ("a number as subject", with_claims(sub=17), "claim sub"),
    ("a subject with a line break", with_claims(sub="a\nb"), "claim sub"),
    ("a subject of half a character", with_claims(sub="\ud800"), "three parts|claim sub"),
    ("numbers as roles", with_claims(roles=["Samverkan.Report", 1]), "claim roles"),
    ("an object as roles", with_claims(roles={"Samverkan.Report": True}), "claim roles"),
    ("truth as roles", with_claims(roles=True), "claim roles"),
    (
        "encrypted",
        lambda one: ".".join([encoded({"alg": "RSA-OAEP", "enc": "A256GCM"}), "e", "e", "e", "e"]),
        "crypted",
    ),
    ("four parts", changed(lambda parts: ".".join([*parts, "e"])), "three parts"),
    ("truncated", changed(lambda parts: ".".join(parts)[:-1]), "three parts|signature"),
    ("half of it", changed(lambda parts: ".".join([*parts[:2], parts[2][:100]])), "signature"),
    ("no signature", changed(lambda parts: f"{parts[0]}.{parts[1]}."), "three parts"),
    ("only dots", lambda _: "..", "three parts"),
    ("padded", changed(lambda parts: f"{parts[0]}.{parts[1]}.{parts[2]}=="), "three parts"),
    ("padded inside", changed(lambda parts: f"{parts[0]}=.{parts[1]}.{parts[2]}"), "three parts"),
    ("a line break behind it", changed(lambda parts: ".".join(parts) + "\n"), "three parts"),
    ("plain base64", changed(lambda parts: f"{parts[0]}.{parts[1]}.+/{parts[2][2:]}"), "three parts"),
    ("letters that look alike", changed(lambda parts: ".".join(parts).replace("e", "\u0435")), "three parts"),
    ("full-width letters", changed(lambda parts: ".".join(parts).replace("e", "\uff45")), "three parts"),
    ("a deep header", lambda one: one.sign(header=NESTED), "three parts|typ|8192"),
    ("deep claims", lambda one: one.sign(NESTED[: len(NESTED) // 2 + 500]), "three parts|8192"),
    ("a list as header", lambda one: one.sign(header=b"[]"), "three parts"),
    ("a list as claims", lambda one: one.sign(b"[]"), "three parts"),
    ("a text as claims", lambda one: one.sign(b'"text"'), "three parts"),
    ("no claims", lambda one: one.sign(b"{}"), "issuer"),
    ("no UTF-8", lambda one: one.sign(b'{"iss": "\xff"}'), "three parts"),
    ("a number of a thousand digits", lambda one: one.sign(header=b'{"alg": ' + b"9" * 5000 + b"}"), "three|8192"),
    ("more bytes than are read", lambda one: longer(one, tokens.LONGEST + 1), "8192"),
    ("200 groups by their long ids", lambda one: one.sign(one.claims(groups=GUIDS)), "assigned to the application"),
]
