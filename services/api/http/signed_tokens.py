"""Tokens (JWT) that an issuer has signed, whatever they are for: their parts, and whether the signature is its own.

Which algorithms are taken is the operator's word and never the token's. Nothing that a token's header says is fetched
or used as a key.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from services.api.http.problems import InvalidToken
from services.api.http.token_keys import KeySet, VerificationKey

_PARTS_OF_SIGNED = 3
_PARTS_OF_ENCRYPTED = 5
_PART = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SIGNATURES = PyJWS(algorithms=["RS256", "ES256"])


def unchecked(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return a token's header and claims, whose signature has not been checked.

    Raises:
        InvalidToken: it is no signed token.
    """
    parts = token.split(".")
    if len(parts) == _PARTS_OF_ENCRYPTED:
        raise InvalidToken("The access token is encrypted. Let its issuer only sign it.")
    if len(parts) != _PARTS_OF_SIGNED or not all(map(_PART.fullmatch, parts)):
        raise _no_token()
    try:
        header, claims, _ = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
    except binascii.Error:
        raise _no_token() from None
    return _object(header), _object(claims)


async def checked(
    token: str, header: Mapping[str, Any], algorithms: Collection[str], key_set: KeySet
) -> Mapping[str, Any]:
    """Return the claims of a token with this header, once its signature is known to be its issuer's.

    Raises:
        InvalidToken: it is not, or by another algorithm.
        NotReady: the issuer's keys are not known yet.
    """
    algorithm, key_id = _named_in(header, algorithms)
    return _object(_signed(token, algorithm, await key_set.find(key_id)))


def _object(part: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(part)
    except orjson.JSONDecodeError:
        raise _no_token() from None
    if not isinstance(found, dict):
        raise _no_token()
    return found


def _no_token() -> InvalidToken:
    return InvalidToken("This is no signed access token: three parts in base64url with a dot between two.")


def _named_in(header: Mapping[str, Any], algorithms: Collection[str]) -> tuple[str, str]:
    """Return the algorithm and the id of the key that a header names."""
    algorithm, key_id = header.get("alg"), header.get("kid")
    if "crit" in header or "b64" in header:
        raise InvalidToken("The access token's header asks for what is not understood here (crit, b64).")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise InvalidToken("The access token is not signed by an algorithm that is taken from its issuer.")
    if not isinstance(key_id, str):
        raise InvalidToken("The access token's header must name the key that signed it (kid).")
    return algorithm, key_id


def _signed(token: str, algorithm: str, keys: Iterable[VerificationKey]) -> bytes:
    """Return the claims of a token that one of the keys has signed."""
    usable = [one.key for one in keys if one.algorithm == algorithm]
    if not usable:
        raise InvalidToken(
            "The access token's key cannot be used. It must be one for signatures by the token's algorithm: RSA of at "
            "least 2048 bits, or on the curve P-256."
        )
    for key in usable:
        with suppress(PyJWTError):
            payload: bytes = _SIGNATURES.decode_complete(token, key, algorithms=[algorithm])["payload"]
            return payload
    raise InvalidToken("The access token's signature is not that of its issuer's key.")
