"""What an address below the feed's root names: a set, one of its rows, the row that a navigation leads to, a count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias
from urllib.parse import unquote_to_bytes
from uuid import UUID

from services.api.odata.errors import InvalidRequest, UnknownResource, Unsupported
from services.api.odata.model import Edm, Navigation, UnknownNavigation
from services.api.odata.sets import FEEDS, Feed

_SEGMENT = re.compile(r"(?P<name>\w+)(?:\((?P<key>.*)\))?", re.DOTALL)
_KEY = re.compile(r"(?:(?P<name>\w+)=)?(?:'(?P<text>(?:[^']|'')*)'|(?P<bare>[^'\s]+))", re.DOTALL)
_UNSUPPORTED_ROOTS = {"$all": "$all", "$entity": "$entity"}


class Document(Enum):
    """What the feed says of itself."""

    SERVICE = auto()
    METADATA = auto()


class Batch(Enum):
    """Where several requests are sent at once."""

    BATCH = auto()


@dataclass(frozen=True, slots=True)
class Collection:
    """All rows of a set."""

    feed: Feed


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a set there are."""

    feed: Feed


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of a set, found by the set's key; or with `navigation` the row of another set that it leads to."""

    feed: Feed
    key: str
    navigation: Navigation | None = None


Resource: TypeAlias = Document | Batch | Collection | Count | Entity


def resource_at(path: bytes) -> Resource:
    """Return what a path names: below the feed's root, and percent-encoded as it was sent.

    Raises:
        UnknownResource: nothing is found there.
        InvalidRequest: the key in it has not the form of the set's keys.
        Unsupported: OData knows such addresses, and this service does not.

    """
    first, *rest = [_decoded(segment) for segment in path.strip(b"/").split(b"/")]
    if first in _UNSUPPORTED_ROOTS or first.startswith("$crossjoin"):
        raise Unsupported(f"This service does not support {_UNSUPPORTED_ROOTS.get(first, '$crossjoin')}.")
    if not rest and first == "$batch":
        return Batch.BATCH
    if not rest and first in {"", "$metadata"}:
        return Document.METADATA if first else Document.SERVICE
    feed, key = _addressed(first)
    if key is not None:
        return _below_entity(Entity(feed, key), rest)
    if not rest:
        return Collection(feed)
    if rest == ["$count"]:
        return Count(feed)
    raise _unknown()


def _decoded(segment: bytes) -> str:
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise _unknown() from error
    if "\0" in text:
        raise _unknown()
    return text


def _addressed(segment: str) -> tuple[Feed, str | None]:
    parts = _SEGMENT.fullmatch(segment)
    if parts is None or parts["name"] not in FEEDS:
        raise _unknown()
    feed = FEEDS[parts["name"]]
    return feed, None if parts["key"] is None else _key(feed, parts["key"])


def _key(feed: Feed, text: str) -> str:
    (name,) = feed.entity_set.key
    is_guid = feed.entity_set.property(name).type is Edm.GUID
    found = _KEY.fullmatch(text.strip())
    if found is not None and found["name"] in {None, name}:
        if is_guid and found["bare"] is not None and _is_guid(found["bare"]):
            return found["bare"]
        if not is_guid and found["text"] is not None:
            return found["text"].replace("''", "'")
    form = f"{name}=01234567-89ab-cdef-0123-456789abcdef" if is_guid else f"{name}='…'"
    raise InvalidRequest(f"A key of {feed.entity_set.name} is written ({form}).", code="InvalidKey")


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _below_entity(entity: Entity, rest: list[str]) -> Entity:
    if not rest:
        return entity
    if len(rest) > 1 or rest[0].startswith("$"):
        raise Unsupported("This service does not support addresses below a row, but for a navigation from it.")
    try:
        return Entity(entity.feed, entity.key, entity.feed.entity_set.navigation(rest[0]))
    except UnknownNavigation as error:
        if any(column.name == rest[0] for column in entity.feed.entity_set.properties):
            raise Unsupported("This service does not support addresses of single properties; see $select.") from error
        raise _unknown() from error


def _unknown() -> UnknownResource:
    return UnknownResource("Nothing is found at this address. The service document lists the entity sets.")
