"""Signing in by an account elsewhere: OpenID Connect's authorization code, with PKCE, state and nonce (Core 1.0, 3.1).

What a browser has begun is known by a secret that it alone has, in a cookie; state, nonce and verifier follow from it.
Nothing is stored here, and nothing of a token is logged or answered.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
from base64 import urlsafe_b64encode
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from services.api.http.issuer_descriptions import Description, UnusableDescription, description_of, json_object
from services.api.http.problems import InvalidToken, NotReady
from services.api.http.signed_tokens import checked, unchecked
from services.api.http.token_keys import MOST_BYTES, SECONDS_TO_FETCH, KeySet
from shared.connectors.certificates import tls_context
from shared.connectors.fetching import Fetcher, NotFetched
from shared.domain.person import is_email

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.api.http.issuers import SignInIssuer
    from shared.settings import Settings

SECONDS_DESCRIBED = 900.0
SECONDS_OF_LEEWAY = 60
LONGEST_CODE = 4096
_SCOPES = "openid email"
# What a browser brings back whose user did not sign in (RFC 6749, 4.1.2.1; Core 1.0, 3.1.2.6).
_NOT_WANTED = frozenset(("access_denied", "login_required", "interaction_required", "consent_required"))
_ERROR = re.compile(r"[a-z_]{1,50}", re.ASCII)
_ACCESS_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
# Said as JSON says it, and as issuers do that have only texts or numbers, such as Entra ID.
_TRUE: tuple[object, ...] = (True, "true", "1")

logger = logging.getLogger(__name__)


class SignInFailure(StrEnum):
    """Why nobody is signed in."""

    # The browser has not begun it here, or has ended it before.
    NOT_BEGUN = "notBegun"
    CANCELLED = "cancelled"
    # The issuer does not take the code, or what it answers does not hold.
    REFUSED = "refused"
    AWAY = "away"
    # It does not say that the address is the person's.
    NOT_VERIFIED = "notVerified"
    NOT_INVITED = "notInvited"


class SignInFailed(Exception):
    """Nobody is signed in."""

    def __init__(self, failure: SignInFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class AccountSignIn:
    """The way in by the accounts of one issuer. `address` is where it leads browsers back to."""

    def __init__(self, issuer: SignInIssuer, fetcher: Fetcher, address: str) -> None:
        self.issuer = issuer
        self._fetcher = fetcher
        self._keys = KeySet(issuer.issuer, fetcher)
        self._address = address
        self._secret = issuer.client_secret
        self._description: Description | None = None
        self._described_until = 0.0

    async def begin(self, secret: str) -> str:
        """Return the issuer's address at which a browser with a secret signs in.

        Raises:
            SignInFailed: the issuer is away.
        """
        try:
            endpoint = (await self._described()).address("authorization_endpoint")
        except (NotFetched, UnusableDescription) as error:
            raise self._failed(SignInFailure.AWAY, error) from error
        address, _ = self._client().create_authorization_url(
            str(endpoint), _derived(secret, "state"), _derived(secret, "verifier"), nonce=_derived(secret, "nonce")
        )
        return str(address)

    async def finish(self, secret: str, answer: Mapping[str, str]) -> str:
        """Return the e-mail address of who has signed in, by what their browser brings back.

        Raises:
            SignInFailed: it is not what this browser has begun, or the issuer does not vouch for an address.
        """
        code = self._code_in(secret, answer)
        try:
            description = await self._described()
            tokens = await self._tokens(description, code, _derived(secret, "verifier"))
            claims = await self._claims(tokens, _derived(secret, "nonce"))
            if self.issuer.email not in claims:
                claims = {**claims, **await self._further_claims(description, tokens, claims)}
        except NotFetched as error:
            is_refused = error.status is not None and error.status < httpx.codes.INTERNAL_SERVER_ERROR
            raise self._failed(SignInFailure.REFUSED if is_refused else SignInFailure.AWAY, error) from error
        except NotReady as error:
            raise self._failed(SignInFailure.AWAY, error) from error
        except (InvalidToken, JoseError, UnusableDescription) as error:
            raise self._failed(SignInFailure.REFUSED, error) from error
        return self._address_in(claims)

    async def stop(self) -> None:
        """Stop what is being read."""
        await self._keys.stop()

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            None,
            self.issuer.client_id,
            self._secret,
            scope=_SCOPES,
            redirect_uri=self._address,
            code_challenge_method="S256",
        )

    async def _described(self) -> Description:
        if self._description is None or time.monotonic() >= self._described_until:
            try:
                self._description = await description_of(self.issuer.issuer, self._fetcher)
            except NotFetched:
                # What it said last is good on, as its keys are.
                if self._description is None:
                    raise
            self._described_until = time.monotonic() + SECONDS_DESCRIBED
        return self._description

    def _code_in(self, secret: str, answer: Mapping[str, str]) -> str:
        is_own = hmac.compare_digest(answer.get("state", "").encode(), _derived(secret, "state").encode())
        # Whose answer it is, where the issuer says so (RFC 9207).
        if not is_own or answer.get("iss", self.issuer.issuer) != self.issuer.issuer:
            raise SignInFailed(SignInFailure.NOT_BEGUN)
        if error := answer.get("error"):
            if error in _NOT_WANTED:
                raise SignInFailed(SignInFailure.CANCELLED)
            said = error if _ERROR.fullmatch(error) else "something else"
            raise self._failed(SignInFailure.REFUSED, f"the issuer says {said}")
        code = answer.get("code", "")
        if not 0 < len(code) <= LONGEST_CODE:
            raise SignInFailed(SignInFailure.NOT_BEGUN)
        return code

    async def _tokens(self, description: Description, code: str, verifier: str) -> Mapping[str, Any]:
        """Return what the issuer gives for a code, which it takes once and from this browser's sign-in alone."""
        methods = description.content.get("token_endpoint_auth_methods_supported")
        client = self._client()
        method = client.token_endpoint_auth_method
        # Basic is what all take that say nothing (Discovery 1.0).
        if isinstance(methods, list) and method not in methods and "client_secret_post" in methods and self._secret:
            method = "client_secret_post"
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self._address, code_verifier=verifier
        )
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        endpoint = description.address("token_endpoint")
        _, headers, body = client.client_auth(method).prepare("POST", str(endpoint), headers, body)
        request = httpx.Request("POST", endpoint, content=body.encode(), headers=headers)
        return json_object(await self._fetcher.ask(request, named_at=description.read_at))

    async def _claims(self, tokens: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Return what the ID token says, once it is known to be this issuer's, for this service and this sign-in."""
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise UnusableDescription("it gives no ID token")
        header, _ = unchecked(token)
        if str(header.get("typ", "JWT")).lower() != "jwt":
            raise UnusableDescription("its ID token is a token of another kind")
        claims = await checked(token, header, self.issuer.algorithms, self._keys)
        CodeIDToken(
            dict(claims),
            dict(header),
            {
                "iss": {"essential": True, "value": self.issuer.issuer},
                "aud": {"essential": True, "value": self.issuer.client_id},
            },
            {"client_id": self.issuer.client_id, "nonce": nonce, "access_token": _access_token_in(tokens)},
        ).validate(leeway=SECONDS_OF_LEEWAY)
        return claims

    async def _further_claims(
        self, description: Description, tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return what the issuer says of the same person when asked; it need not be in the ID token (Core 1.0, 5.4)."""
        if "userinfo_endpoint" not in description.content:
            return {}
        access_token = _access_token_in(tokens)
        if access_token is None:
            raise UnusableDescription("it gives no access token")
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
        request = httpx.Request("GET", description.address("userinfo_endpoint"), headers=headers)
        found = json_object(await self._fetcher.ask(request, named_at=description.read_at))
        if found.get("sub") != claims["sub"]:
            raise UnusableDescription("it tells of somebody else than who has signed in")
        return {name: found.get(name) for name in (self.issuer.email, self.issuer.email_verified)}

    def _address_in(self, claims: Mapping[str, Any]) -> str:
        address = claims.get(self.issuer.email)
        if not isinstance(address, str) or not is_email(address) or claims.get(self.issuer.email_verified) not in _TRUE:
            raise self._failed(SignInFailure.NOT_VERIFIED, f"{self.issuer.email_verified} is not said to be true")
        return address

    def _failed(self, failure: SignInFailure, cause: Exception | str) -> SignInFailed:
        """Return a failure that whoever runs the service may have to see to, which the log says."""
        logger.warning("signing in by %s failed: %s", self.issuer.issuer, cause)
        return SignInFailed(failure)


def accounts_of(issuers: Iterable[SignInIssuer], settings: Settings) -> dict[str, AccountSignIn]:
    """Return the ways in by accounts, by the issuers' codes, in the order in which they are offered."""
    tls = tls_context(settings.trusted_cas)
    fetcher = Fetcher(settings.trusted_networks, tls=tls, seconds=SECONDS_TO_FETCH, most_bytes=MOST_BYTES)
    return {
        issuer.code: AccountSignIn(issuer, fetcher, f"{settings.public_url}/inloggning/{issuer.code}/svar")
        for issuer in issuers
    }


def _access_token_in(tokens: Mapping[str, Any]) -> str | None:
    """Return the access token, if the issuer gives one.

    Raises:
        UnusableDescription: it is none that a header can carry.
    """
    token = tokens.get("access_token")
    if token is None:
        return None
    if not isinstance(token, str) or not _ACCESS_TOKEN.fullmatch(token):
        raise UnusableDescription("its access token is none")
    return token


def _derived(secret: str, purpose: str) -> str:
    """Return what follows from a browser's secret, and lets nobody find it."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), purpose.encode(), "sha256")).rstrip(b"=").decode()
