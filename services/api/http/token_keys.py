"""The public keys of an issuer, by which its tokens are checked: read from it now and then, and held meanwhile."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from services.api.http.issuer_descriptions import UnusableDescription, description_of, json_object
from services.api.http.issuers import Algorithm
from services.api.http.problems import InvalidToken, NotReady
from shared import cancellation
from shared.connectors.fetching import Fetcher, NotFetched

SECONDS_BETWEEN_FETCHES = 60.0
# A key that the issuer has withdrawn is good for no longer, if the issuer answers.
SECONDS_FRESH = 900.0
SECONDS_TO_FETCH = 5.0
MOST_BYTES = 256 * 1024
MOST_KEYS = 100
# The parameters of a public key by its kind, and the one algorithm that it is used for.
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_ALGORITHMS: Mapping[str, Algorithm] = {"RSA": "RS256", "EC": "ES256"}
_LONGEST_KEY_ID = 500
_RSA_BITS = range(2048, 8193)
# FIPS 186-5 asks for more than 16 bits; more than 32 only take time.
_RSA_EXPONENTS = range(65_537, 2**32)
# A parameter, with as many bits as an RSA key may have.
_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,1366}", re.ASCII)

logger = logging.getLogger(__name__)


class VerificationKey(NamedTuple):
    """A key that may have signed a token, and the one algorithm that it signs by."""

    algorithm: Algorithm
    key: PyJWK


class UnusableKeySet(Exception):
    """What the issuer answers is no key set, or has no key that can be used; the text says which."""


Keys = Mapping[str, Sequence[VerificationKey]]
"""Keys by their id; an id whose key cannot be used has none. Where an issuer gives two keys one id, either is good."""


class KeySet:
    """The keys of one issuer.

    Who brings a token whose key is known never waits. Who brings another one waits until the set has been read again,
    which is done once at a time and at most once a minute. While the issuer is away, the keys that were read last are
    used on. They are where `key_set` says, or else the issuer's own description of itself.
    """

    def __init__(self, issuer: str, fetcher: Fetcher, key_set: str | None = None) -> None:
        self._issuer = issuer
        self._key_set = key_set
        self._fetcher = fetcher
        self._keys: Keys | None = None
        self._next_fetch_at = 0.0
        self._fetching: asyncio.Task[None] | None = None
        self._is_away = False

    async def find(self, key_id: str) -> Sequence[VerificationKey]:
        """Return the keys that have an id.

        Raises:
            InvalidToken: the issuer has no such key, or none that can be used.
            NotReady: the issuer's keys have never been read.
        """
        is_known = self._keys is not None and key_id in self._keys
        if not is_known and (fetching := self._fetch()) is not None:
            await asyncio.wait({fetching})
        if self._keys is None:
            raise NotReady(
                "The keys of the access token's issuer could not be read yet. Try again after the time in Retry-After.",
                headers={"Retry-After": str(max(ceil(self._next_fetch_at - time.monotonic()), 1))},
            )
        if key_id not in self._keys:
            raise InvalidToken(
                "The access token names a key that its issuer has not published. A new key is found within a minute."
            )
        return self._keys[key_id]

    async def keep_fresh(self) -> None:
        """Read the set now and again, whether anyone calls or not, until this is cancelled."""
        while True:
            if (fetching := self._fetch()) is not None:
                await asyncio.wait({fetching})
            await asyncio.sleep(SECONDS_BETWEEN_FETCHES if self._is_away else SECONDS_FRESH)

    async def stop(self) -> None:
        """Stop what is being read."""
        if (fetching := self._fetching) is not None:
            await cancellation.cancel([fetching])

    def _fetch(self) -> asyncio.Task[None] | None:
        """Return what reads the set, begun already or now; None if it is not time yet."""
        if self._fetching is None and time.monotonic() >= self._next_fetch_at:
            self._next_fetch_at = time.monotonic() + SECONDS_BETWEEN_FETCHES
            self._fetching = asyncio.create_task(self._read(), name="key set")
        return self._fetching

    async def _read(self) -> None:
        try:
            self._keys = keys_in(await self._content())
        except (NotFetched, UnusableDescription, UnusableKeySet) as error:
            self._tell_away(error)
        else:
            self._is_away = False
        finally:
            self._fetching = None

    async def _content(self) -> bytes:
        if self._key_set is not None:
            return await self._fetcher.get(httpx.URL(self._key_set))
        description = await description_of(self._issuer, self._fetcher)
        return await self._fetcher.get(description.address("jwks_uri"), named_at=description.read_at)

    def _tell_away(self, error: Exception) -> None:
        """Log why the set cannot be read, once for as long as that lasts."""
        if not self._is_away:
            meanwhile = "none are known" if self._keys is None else "those that were read last are used on"
            logger.warning("the keys of %s cannot be read: %s; %s", self._issuer, error, meanwhile)
        self._is_away = True


def keys_in(content: bytes) -> Keys:
    """Return the keys of a key set (RFC 7517).

    Raises:
        UnusableKeySet: it is none, has more keys than any issuer has, or none that can be used.
    """
    try:
        listed = json_object(content).get("keys")
    except UnusableDescription as error:
        raise UnusableKeySet(str(error)) from error
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise UnusableKeySet(f"it is no list of at most {MOST_KEYS} keys")
    found: dict[str, list[VerificationKey]] = defaultdict(list)
    for one in listed:
        key_id = one.get("kid") if isinstance(one, dict) else None
        if isinstance(key_id, str) and len(key_id) <= _LONGEST_KEY_ID:
            found[key_id] += filter(None, [_key(one)])
    if not any(found.values()):
        raise UnusableKeySet("it has no key that can be used")
    return dict(found)


def _key(listed: Mapping[str, Any]) -> VerificationKey | None:
    """Return a key, unless it is weak or for something else; one whose private part is published proves nothing."""
    kind = str(listed.get("kty"))
    public = {name: listed.get(name) for name in _PUBLIC.get(kind, ())}
    are_numbers = all(isinstance(part, str) and _NUMBER.fullmatch(part) for part in public.values())
    if not public or not are_numbers or "d" in listed or not _is_for_signatures(listed, _ALGORITHMS[kind]):
        return None
    try:
        key = PyJWK(public, _ALGORITHMS[kind])
    except (PyJWTError, ValueError):
        return None
    return VerificationKey(_ALGORITHMS[kind], key) if _is_strong(key.key) else None


def _is_for_signatures(listed: Mapping[str, Any], algorithm: Algorithm) -> bool:
    operations = listed.get("key_ops", ["verify"])
    return (
        listed.get("use", "sig") == "sig"
        and listed.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )


def _is_strong(key: object) -> bool:
    if isinstance(key, RSAPublicKey):
        return key.key_size in _RSA_BITS and key.public_numbers().e in _RSA_EXPONENTS
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
