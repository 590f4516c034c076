"""`/inloggning`: signing in by an account elsewhere, such as a municipality's own.

The way there is a link, and the way back a GET, though it opens a session: that is how issuers lead browsers back. It
does so once, for the browser that set out, and for somebody who was invited.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.api.http.accounts import AccountSignIn, SignInFailed, SignInFailure
from services.api.http.dependencies import resources_of
from services.api.http.problems import UnknownPath
from services.api.http.sessions import COOKIE, remove_cookie, set_cookie
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import LONGEST_ADDRESS, page_router
from services.api.pages.sign_in import WANTED_COOKIE, own_address
from shared.people.sessions import ACCOUNT_SESSION_LASTS, new_token

sign_in_by_account = page_router()

# What a browser has of a sign-in that it has begun: its secret, the issuer's code, and where to go on to.
SIGN_IN_COOKIE = "__Host-sign-in"
SIGN_IN_LASTS = timedelta(minutes=15)
_STATUS = {
    SignInFailure.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
    SignInFailure.NOT_VERIFIED: HTTPStatus.FORBIDDEN,
    SignInFailure.NOT_INVITED: HTTPStatus.FORBIDDEN,
}

Code = Annotated[str, Path(max_length=50)]


@sign_in_by_account.get("/inloggning/{code}")
async def begin(
    request: Request, code: Code, wanted: Annotated[str, Query(alias="till", max_length=LONGEST_ADDRESS)] = "/"
) -> Response:
    """Lead to the issuer, and let the browser remember that it has set out."""
    account, secret = _account(request, code), new_token()
    # The issuer may be asked for what it says of itself.
    await resources_of(request).rate_limits.count_sign_in(request.scope)
    try:
        response = redirect(await account.begin(secret))
    except SignInFailed as failed:
        return _refused(request, account, failed.failure)
    set_cookie(response, SIGN_IN_COOKIE, f"{secret}.{code}.{own_address(wanted)}", SIGN_IN_LASTS)
    return response


@sign_in_by_account.get("/inloggning/{code}/svar")
async def finish(request: Request, code: Code) -> Response:
    """Sign in who comes back from the issuer, in a session of its own; one that there was before ends."""
    account, resources = _account(request, code), resources_of(request)
    await resources.rate_limits.count_sign_in(request.scope)
    secret, begun_at, wanted = [*request.cookies.get(SIGN_IN_COOKIE, "").split(".", 2), "", "", ""][:3]
    try:
        if not secret or begun_at != code:
            raise SignInFailed(SignInFailure.NOT_BEGUN)  # noqa: TRY301  as what the issuer answers is refused
        address = await account.finish(secret, request.query_params)
        token = await resources.sessions.open_for(address, account.issuer.area)
    except SignInFailed as failed:
        return _refused(request, account, failed.failure, own_address(wanted))
    if token is None:
        return _refused(request, account, SignInFailure.NOT_INVITED, own_address(wanted), address)
    if former := visit_of(request).visitor:
        await resources.sessions.close(former.token)
    response = redirect(own_address(wanted))
    set_cookie(response, COOKIE, token, ACCOUNT_SESSION_LASTS)
    remove_cookie(response, SIGN_IN_COOKIE)
    if WANTED_COOKIE in request.cookies:
        remove_cookie(response, WANTED_COOKIE)
    return response


def _account(request: Request, code: str) -> AccountSignIn:
    account = resources_of(request).accounts.get(code)
    if account is None:
        raise UnknownPath
    return account


def _refused(
    request: Request, account: AccountSignIn, failure: SignInFailure, wanted: str = "/", address: str = ""
) -> Response:
    """Say why nobody is signed in, and how to go on; what was begun has ended."""
    status = _STATUS.get(failure, HTTPStatus.BAD_REQUEST)
    response = page(
        request, "account_refused.html", status, issuer=account.issuer, failure=failure, wanted=wanted, address=address
    )
    remove_cookie(response, SIGN_IN_COOKIE)
    return response
