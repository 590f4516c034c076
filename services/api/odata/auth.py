"""Who may read the feed: the holder of a key, sent as everywhere; or as a password, where the operator allows that.

Power BI's dialog for OData offers user name and password. The national profile forbids them, so they are taken nowhere
else, and here only when the operator turns them on.
"""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.auth import key_in
from services.api.http.dependencies import Resources
from services.api.http.problems import RequestError
from services.api.odata.errors import MissingCredentials, MissingScope, of_token
from shared.db.access import act_with
from shared.db.keys import KeyScope

_BASIC = 'Basic realm="Samverkan", charset="UTF-8"'


async def admit(request: Request, resources: Resources) -> None:
    """Return when the request carries a key in force that may read; its holder is then in the request's state.

    Raises:
        MissingCredentials: there is no such key.
        MissingScope: it may not read.
        FeedError: it is an access token, and not accepted.
    """
    takes_passwords = resources.settings.odata_basic
    key = key_in(request.headers.get("authorization", ""), takes_passwords=takes_passwords)
    try:
        caller = await resources.keys.find(key) if key else None
    except RequestError as refused:
        raise of_token(refused) from None
    if caller is None:
        remedy = "Send an API key that is in force, in the header Authorization: Bearer <key>"
        raise MissingCredentials(
            f"{remedy}, or as the password of any user name." if takes_passwords else f"{remedy}.",
            headers={"WWW-Authenticate": f"Bearer, {_BASIC}" if takes_passwords else "Bearer"},
        )
    if KeyScope.READ not in caller.accesses:
        raise MissingScope(
            "The API key or access token lacks the scope 'read'.",
            headers={"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="read"'},
        )
    request.state.caller = caller
    act_with(caller.accesses[KeyScope.READ])
