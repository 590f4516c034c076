"""What an OpenID Connect issuer says of itself: where its keys are, and where people sign in (Discovery 1.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.connectors.fetching import Fetcher

_DISCOVERY = "/.well-known/openid-configuration"


class UnusableDescription(Exception):
    """An issuer answers what is no description of it, or one that lacks what is asked of it; the text says which."""


@dataclass(frozen=True, slots=True)
class Description:
    """The description, and where it was read: what it names is judged as a redirect from there is."""

    read_at: httpx.URL
    content: Mapping[str, Any]

    def address(self, name: str) -> httpx.URL:
        """Return an address that it names.

        Raises:
            UnusableDescription: it names none.
        """
        address = self.content.get(name)
        if not isinstance(address, str):
            raise UnusableDescription(f"its description has no {name}")
        try:
            return httpx.URL(address)
        except httpx.InvalidURL as error:
            raise UnusableDescription(f"its description has no {name}") from error


async def description_of(issuer: str, fetcher: Fetcher) -> Description:
    """Read an issuer's description.

    Raises:
        NotFetched: it cannot be had now.
        UnusableDescription: it is none, or another issuer's.
    """
    read_at = httpx.URL(issuer.rstrip("/") + _DISCOVERY)
    content = json_object(await fetcher.get(read_at))
    if content.get("issuer") != issuer:
        raise UnusableDescription("its description is another issuer's")
    return Description(read_at, content)


def json_object(content: bytes) -> Mapping[str, Any]:
    """Return the object of an answer in JSON.

    Raises:
        UnusableDescription: it is none.
    """
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnusableDescription("the answer is not JSON") from error
    if not isinstance(found, dict):
        raise UnusableDescription("the answer is no JSON object")
    return found
