"""Who may read the feed: the holder of a key, sent as everywhere; or as a password, where the operator allows that.

Power BI's dialog for OData offers user name and password. The national profile forbids them, so they are taken nowhere
else, and here only when the operator turns them on.
"""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request

from services.api.http.dependencies import Resources
from services.api.odata.errors import MissingCredentials, MissingScope
from shared.db.keys import KeyScope

_BASIC = 'Basic realm="Samverkan", charset="UTF-8"'


async def admit(request: Request, resources: Resources) -> None:
    """Return when the request carries a key in force that may read.

    Raises:
        MissingCredentials: there is no such key.
        MissingScope: it may not read.

    """
    takes_passwords = resources.settings.odata_basic
    key = _key(request.headers.get("authorization", ""), takes_passwords=takes_passwords)
    caller = await resources.keys.find(key) if key else None
    if caller is None:
        remedy = "Send an API key that is in force, in the header Authorization: Bearer <key>"
        raise MissingCredentials(
            f"{remedy}, or as the password of any user name." if takes_passwords else f"{remedy}.",
            headers={"WWW-Authenticate": f"Bearer, {_BASIC}" if takes_passwords else "Bearer"},
        )
    if KeyScope.READ not in caller.scopes:
        raise MissingScope(
            "The API key lacks the scope 'read'.",
            headers={"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="read"'},
        )


def _key(header: str, *, takes_passwords: bool) -> str | None:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic" and takes_passwords:
        return _password(credentials.strip())
    return None


def _password(credentials: str) -> str | None:
    try:
        user_and_password = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user_and_password.partition(":")[2]
