"""Access tokens (JWT) of the issuers that the operator has named, as credentials beside keys (RFC 9068, RFC 8725).

Which algorithms are taken is the operator's word and never the token's, and a key has one algorithm. Nothing that a
token's header says is fetched or used as a key. No part of a token is logged or answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from services.api.http.issuers import Issuer
from services.api.http.problems import InvalidToken, RequestError
from services.api.http.signed_tokens import checked, unchecked
from services.api.http.token_claims import TokenHolder, holder_of
from services.api.http.token_keys import MOST_BYTES, SECONDS_TO_FETCH, KeySet
from shared import cancellation
from shared.connectors.certificates import tls_context
from shared.connectors.fetching import Fetcher
from shared.db.keys import hash_of

if TYPE_CHECKING:
    from shared.settings import Settings

SECONDS_CACHED = 5.0
# Fewer than keys: a holder may have hundreds of grants.
MOST_CACHED = 2000
LONGEST = 8192
# As access tokens and most others have it; those that are made for something else have names of their own.
_TYPES = frozenset(("at+jwt", "application/at+jwt", "jwt"))


class TokenVerifier:
    """Finds whom an access token was issued to, and remembers the answer for a few seconds."""

    def __init__(self, issuers: Iterable[Issuer], fetcher: Fetcher) -> None:
        self._issuers = {issuer.issuer: (issuer, KeySet(issuer.issuer, fetcher, issuer.key_set)) for issuer in issuers}
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
        token_hash = hash_of(token)
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
        _, holder = self._known.get(hash_of(token), (0.0, None)) if len(token) <= LONGEST else (0.0, None)
        return None if holder is None else holder.caller_id

    def start(self) -> None:
        """Read the keys of all issuers, and keep them fresh."""
        self._refreshing = [asyncio.create_task(keys.keep_fresh(), name="keys") for _, keys in self._issuers.values()]

    async def stop(self) -> None:
        """Read no keys any more."""
        await cancellation.cancel(self._refreshing)
        for _, keys in self._issuers.values():
            await keys.stop()

    async def _verify(self, token: str) -> TokenHolder:
        header, claims = unchecked(token)
        issuer, key_set = self._issuer_of(claims)
        if str(header.get("typ")).lower() not in _TYPES:
            raise InvalidToken("The header's typ is neither at+jwt nor JWT. Send an access token, and not an ID token.")
        return holder_of(await checked(token, header, issuer.algorithms, key_set), issuer)

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
