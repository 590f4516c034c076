"""The issuers whose access tokens are credentials, and what their claims grant: a file that the operator writes.

It is read when the API starts, and every fault is named with its line, its place in the file and how to mend it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from shared.catalogue.yaml_lines import UnreadableYaml, YamlDocument, read_yaml
from shared.connectors.outgoing import fault_of
from shared.db.keys import KeyScope
from shared.domain.codes import AreaCode
from shared.domain.errors import Violation
from shared.domain.fields import Document
from shared.environment import UnusableSettings
from shared.intake.violations import violation_of

LONGEST_NAME = 200
# Which networks may be reached is looked at when they are.
_ANYWHERE = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
_ADDRESS = re.compile(r"https?://[^\s/?#@\"\\]+(/[^\s?#\"\\]*)?", re.ASCII)
# What an error_description of RFC 6750 may hold, since answers name claims; and no space, which parts scopes.
_NAME = r"^[\x21\x23-\x5b\x5d-\x7e]+$"

Algorithm = Literal["RS256", "ES256"]


def _address(text: str) -> str:
    if _ADDRESS.fullmatch(text) and fault_of(text, _ANYWHERE) is None:
        return text
    remedy = "Write an https address without user, query or fragment, exactly as the issuer writes it."
    raise PydanticCustomError("address", "is no address of an issuer", {"remedy": remedy})


def _claim(path: object) -> object:
    """Return the names of a path to a claim; a name that has a dot itself is written in a list."""
    return path.split(".") if isinstance(path, str) else path


Address = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_address)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
ClaimName = Annotated[str, Field(pattern=_NAME, max_length=LONGEST_NAME)]
ClaimPath = Annotated[list[ClaimName], BeforeValidator(_claim), Field(min_length=1, max_length=10)]


class _Part(Document, strict=False):
    """A part of the file: its lists and words become what they stand for."""


class Grant(_Part):
    """What one value of a claim grants: a scope, in an area with all that lies in it."""

    scope: KeyScope
    area: AreaCode


class Owner(_Part):
    """Which organisation a caller acts for: the same area for all, or the one that a claim's value stands for."""

    area: AreaCode | None = None
    claim: ClaimPath | None = None
    values: dict[Text, AreaCode] = Field(default={})

    @model_validator(mode="after")
    def _is_either(self) -> Owner:
        if (self.area is None) != (self.claim is not None and bool(self.values)):
            remedy = "Give `area`, or `claim` and `values`."
            raise PydanticCustomError(
                "owner", "is neither one area nor a claim with the areas of its values", {"remedy": remedy}
            )
        return self


class Issuer(_Part):
    """An issuer: what a token of it must be, and what its claims grant.

    `issuer` and one of `audiences` are compared exactly. Where `authorized_parties` are given, only clients among them
    may call. The keys are found by the issuer's own description of itself, unless `key_set` names them. `claim` is
    where groups, roles or scopes are, and `grants` what each value of it grants.
    """

    issuer: Address
    audiences: Annotated[list[Text], Field(min_length=1)]
    authorized_parties: Annotated[list[Text], Field(min_length=1)] | None = None
    algorithms: list[Algorithm] = Field(default=["RS256", "ES256"], min_length=1)
    key_set: Address | None = None
    claim: ClaimPath
    grants: Annotated[dict[Text, Annotated[list[Grant], Field(min_length=1)]], Field(min_length=1)]
    client_name: ClaimPath | None = None
    owner: Owner | None = None


class _File(_Part):
    issuers: Annotated[list[Issuer], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_different(self) -> _File:
        if max(Counter(one.issuer for one in self.issuers).values()) > 1:
            remedy = "Write each once, with all its audiences and grants."
            raise PydanticCustomError("issuers", "an issuer stands twice", {"remedy": remedy})
        return self


def read_issuers(path: Path) -> list[Issuer]:
    """Read the file.

    Raises:
        UnusableSettings: with every fault of it.
    """
    try:
        document = read_yaml(path.read_bytes())
    except UnreadableYaml as error:
        raise UnusableSettings(f"{path}:{error.line}: {error}") from None
    except OSError as error:
        raise UnusableSettings(f"{path} cannot be read: {error.strerror}") from None
    faults, issuers = document.faults, []
    try:
        issuers = _File.model_validate(document.content).issuers
    except ValidationError as error:
        faults = [*faults, *_faults(error, document)]
    if faults:  # out of any handler, so that no traceback shows what was written
        raise UnusableSettings("\n".join(f"{path}:{line}: {fault}" for line, fault in sorted(faults)))
    return issuers


def _faults(error: ValidationError, document: YamlDocument) -> Iterator[tuple[int, str]]:
    """Yield each fault with its line."""
    for fault in error.errors(include_input=False, include_url=False):
        # Pydantic's own word behind a mapping's key, where it is the key itself that is wrong.
        place = [part for part in fault["loc"] if part != "[key]"]
        yield document.line(fault["loc"]), _line(violation_of(fault, place))


def _line(violation: Violation) -> str:
    return f"{violation.field or 'the file'}: {violation.reason}. {violation.remedy}"
