"""Access tokens (JWT) of the issuers that the operator has named, as credentials beside keys (RFC 9068, RFC 8725).

Which algorithms are taken is the operator's word and never the token's, and a key has one algorithm. Nothing that a
token's header says is fetched or used as a key. No part of a token is logged or answered.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
import re
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from services.api.http.issuers import Issuer
from services.api.http.problems import InvalidToken, RequestError
from services.api.http.token_claims import TokenHolder, holder_of
from services.api.http.token_keys import MOST_BYTES, SECONDS_TO_FETCH, Key, KeySet
from shared.connectors.certificates import tls_context
from shared.connectors.fetching import Fetcher

if TYPE_CHECKING:
    from shared.settings import Settings

SECONDS_CACHED = 5.0
# Fewer than keys: a holder may have hundreds of grants.
MOST_CACHED = 2000
LONGEST = 8192
_PARTS_OF_SIGNED = 3
_PARTS_OF_ENCRYPTED = 5
_PART = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# As access tokens and most others have it; those that are made for something else have names of their own.
_TYPES = frozenset(("at+jwt", "application/at+jwt", "jwt"))
_SIGNATURES = PyJWS(algorithms=["RS256", "ES256"])


class TokenVerifier:
    """Finds whom an access token was issued to, and remembers the answer for a few seconds."""

    def __init__(self, issuers: Iterable[Issuer], fetcher: Fetcher) -> None:
        self._issuers = {issuer.issuer: (issuer, KeySet(issuer, fetcher)) for issuer in issuers}
        self._known: OrderedDict[bytes, tuple[float, TokenHolder]] = OrderedDict()
        self._refreshing: list[asyncio.Task[None]] = []

    async def find(self, token: str) -> TokenHolder:
        """Return the holder of a token.

        Raises:
            InvalidToken: it is not accepted.
            MissingScope: it grants nothing.
            NotReady: the keys of its issuer are not known yet.
        """
        if len(token) > LONGEST:
            raise InvalidToken(
                f"The access token has more than {LONGEST} bytes and was not read. Let its issuer put less into it, "
                "such as only the groups that are assigned to the application."
            )
        token_hash = _hash_of(token)
        forgotten_at, holder = self._known.get(token_hash, (0.0, None))
        if holder is not None and time.monotonic() < forgotten_at:
            return holder
        try:
            holder = await self._verify(token)
        except RequestError:
            self._known.pop(token_hash, None)
            raise
        self._remember(token_hash, holder)
        return holder

    def counted_as(self, token: str) -> str | None:
        """Return what a token is counted by, or None if it has not been accepted lately; nothing is checked for it."""
        _, holder = self._known.get(_hash_of(token), (0.0, None)) if len(token) <= LONGEST else (0.0, None)
        return None if holder is None else holder.caller_id

    def start(self) -> None:
        """Read the keys of all issuers, and keep them fresh."""
        self._refreshing = [asyncio.create_task(keys.keep_fresh(), name="keys") for _, keys in self._issuers.values()]

    async def stop(self) -> None:
        """Read no keys any more."""
        for refreshing in self._refreshing:
            refreshing.cancel()
        await asyncio.gather(*self._refreshing, return_exceptions=True)
        for _, keys in self._issuers.values():
            await keys.stop()

    async def _verify(self, token: str) -> TokenHolder:
        header, claims = _unchecked(token)
        issuer, key_set = self._issuer_of(claims)
        algorithm, key_id = _named_in(header, issuer)
        checked = _checked(token, algorithm, await key_set.find(key_id))
        return holder_of(_object(checked), issuer)

    def _issuer_of(self, claims: Mapping[str, Any]) -> tuple[Issuer, KeySet]:
        """Return who is to have signed: that much of a token is believed before its signature has been checked."""
        name = claims.get("iss")
        if not isinstance(name, str) or name not in self._issuers:
            raise InvalidToken("The access token is of an issuer that is not accepted here.")
        return self._issuers[name]

    def _remember(self, token_hash: bytes, holder: TokenHolder) -> None:
        """Remember an answer, never beyond the token's own end; the oldest one is forgotten where there are many."""
        seconds = min(SECONDS_CACHED, holder.expires_at - time.time())
        self._known.pop(token_hash, None)
        self._known[token_hash] = (time.monotonic() + seconds, holder)
        if len(self._known) > MOST_CACHED:
            self._known.popitem(last=False)


def verifier_of(issuers: Iterable[Issuer], settings: Settings) -> TokenVerifier:
    """Return a verifier that reads keys where the operator lets anyone reach."""
    tls = tls_context(settings.trusted_cas)
    fetcher = Fetcher(settings.trusted_networks, tls=tls, seconds=SECONDS_TO_FETCH, most_bytes=MOST_BYTES)
    return TokenVerifier(issuers, fetcher)


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _unchecked(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return a token's header and claims, whose signature has not been checked."""
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


def _named_in(header: Mapping[str, Any], issuer: Issuer) -> tuple[str, str]:
    """Return the algorithm and the id of the key that a header names."""
    algorithm, key_id = header.get("alg"), header.get("kid")
    if str(header.get("typ")).lower() not in _TYPES:
        raise InvalidToken("The header's typ is neither at+jwt nor JWT. Send an access token, and not an ID token.")
    if "crit" in header or "b64" in header:
        raise InvalidToken("The access token's header asks for what is not understood here (crit, b64).")
    if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
        raise InvalidToken("The access token is not signed by an algorithm that is taken from its issuer.")
    if not isinstance(key_id, str):
        raise InvalidToken("The access token's header must name the key that signed it (kid).")
    return algorithm, key_id


def _checked(token: str, algorithm: str, keys: Iterable[Key]) -> bytes:
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
