"""What the claims of a token say: for whom it is, until when, and what its holder may do by the operator's mapping.

They are read once the token's signature is known to be its issuer's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.api.http.issuers import Issuer, Owner
from services.api.http.problems import InvalidToken, MissingScope
from shared.db.keys import KeyScope

SECONDS_OF_LEEWAY = 60
LONGEST_TEXT = 255
# Who asked for a token: RFC 9068, OpenID Connect, Entra ID's first version, Okta.
_CLIENT_CLAIMS = ("client_id", "azp", "appid", "cid")
# Keycloak and Cognito say in a claim what kind of token it is; the hashes are in ID tokens alone.
_OTHER_TYPES = frozenset(("id", "refresh", "offline", "logout"))
_ID_TOKEN_CLAIMS = frozenset(("at_hash", "c_hash", "s_hash"))

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom an access token was issued to, and what it grants until `expires_at`, in seconds since 1970.

    `subject` is the issuer's name for the holder, `name` one to be shown. A grant is a scope in an area, by its code;
    `owner` is the area of the organisation that the holder acts for.
    """

    issuer: str
    subject: str
    name: str
    grants: frozenset[tuple[KeyScope, str]]
    owner: str | None
    expires_at: float

    @property
    def caller_id(self) -> str:
        """The same for all tokens of the holder, and no other holder's."""
        return str(uuid5(NAMESPACE_URL, f"{self.issuer} {self.subject}"))


def holder_of(claims: Claims, issuer: Issuer) -> TokenHolder:
    """Return who holds a token with these claims.

    Raises:
        InvalidToken: it is not for this service, not in force, or no access token.
        MissingScope: it grants nothing.
    """
    expires_at = _in_force_until(claims)
    _refuse_other_audience(claims, issuer)
    client = _client_of(claims, issuer)
    subject = claims.get("sub", client)
    if not _is_text(subject):
        raise _wrong_form("sub")
    return TokenHolder(
        issuer=issuer.issuer,
        subject=subject,
        name=_name_of(claims, issuer) or client,
        grants=_grants_of(claims, issuer),
        owner=_owner_of(claims, issuer.owner),
        expires_at=expires_at,
    )


def _in_force_until(claims: Claims) -> float:
    now = time.time()
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    for name, value in times.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise _wrong_form(name)
    if "exp" not in times:
        raise _wrong_form("exp")
    if now >= times["exp"] + SECONDS_OF_LEEWAY:
        raise InvalidToken("The access token has expired. Ask its issuer for a new one.")
    if max(times.get("nbf", 0), times.get("iat", 0)) > now + SECONDS_OF_LEEWAY:
        raise InvalidToken("The access token is not in force yet. Compare the clocks of its issuer and this service.")
    return float(min(times["exp"], now + 1e9))


def _refuse_other_audience(claims: Claims, issuer: Issuer) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in audiences):
        raise _wrong_form("aud")
    if not any(one in issuer.audiences for one in audiences):
        raise InvalidToken("The access token is for another service. Ask its issuer for one with this one's audience.")


def _client_of(claims: Claims, issuer: Issuer) -> str:
    """Return who asked for the token: an access token says so."""
    kinds = {str(claims.get(name)).lower() for name in ("typ", "token_use")}
    named = [claims[name] for name in _CLIENT_CLAIMS if name in claims]
    if not named or not kinds.isdisjoint(_OTHER_TYPES) or not _ID_TOKEN_CLAIMS.isdisjoint(claims):
        raise InvalidToken("This is no access token, but an ID token or another one. Send the access token.")
    if not all(map(_is_text, named)):
        raise _wrong_form("client_id")
    accepted = issuer.authorized_parties
    if accepted is not None and not all(one in accepted for one in named):
        raise InvalidToken("The access token was issued to a client that is not among those accepted here.")
    return str(named[0])


def _name_of(claims: Claims, issuer: Issuer) -> str | None:
    name = issuer.client_name and _at(claims, issuer.client_name)
    return name if isinstance(name, str) and _is_text(name) else None


def _grants_of(claims: Claims, issuer: Issuer) -> frozenset[tuple[KeyScope, str]]:
    claim = ".".join(issuer.claim)
    found = _at(claims, issuer.claim)
    if found is None:
        if _are_left_out(claims, issuer.claim[0]):
            raise _refusal(
                "The issuer left the groups out of the access token, since they are too many. Let it send roles of the "
                "application instead, or only the groups that are assigned to the application."
            )
        raise _refusal(f"The access token lacks the claim {claim}, by which rights are granted. Let its issuer add it.")
    values = _values(found, claim)
    granted = (issuer.grants.get(value, ()) for value in values)
    grants = frozenset((one.scope, one.area) for several in granted for one in several)
    if not grants:
        raise _refusal(f"Nothing is granted here for what the access token's claim {claim} holds.")
    return grants


def _owner_of(claims: Claims, owner: Owner | None) -> str | None:
    if owner is None or owner.claim is None:
        return None if owner is None else owner.area
    claim = ".".join(owner.claim)
    values = _values(_at(claims, owner.claim) or [], claim)
    areas = {owner.values[value] for value in values if value in owner.values}
    if len(areas) > 1:
        raise _refusal(f"The access token's claim {claim} names several organisations: let it name one.")
    return next(iter(areas), None)


def _at(claims: Claims, path: Sequence[str]) -> Any:  # noqa: ANN401  a claim may be anything
    """Return what a path leads to; None where there is nothing."""
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _values(found: object, claim: str) -> Sequence[str]:
    """Return the values of a claim: a list of texts, or one text with spaces between them, as scopes are."""
    values = found.split() if isinstance(found, str) else found
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _wrong_form(claim)
    return values


def _are_left_out(claims: Claims, claim: str) -> bool:
    """Tell whether Entra ID says, instead of a claim, where it could be asked for it."""
    elsewhere = claims.get("_claim_names")
    return (isinstance(elsewhere, dict) and claim in elsewhere) or (claim == "groups" and "hasgroups" in claims)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and value.isprintable()


def _wrong_form(claim: str) -> InvalidToken:
    return InvalidToken(f"The access token's claim {claim} is missing, or not of the form that it must have.")


def _refusal(detail: str) -> MissingScope:
    challenge = f'Bearer error="insufficient_scope", error_description="{detail}"'
    return MissingScope(detail, headers={"WWW-Authenticate": challenge})
