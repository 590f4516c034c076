"""The issuers whose access tokens are credentials, and those by which people sign in: a file that the operator writes.

It is read when the API starts, and every fault is named with its line, its place in the file and how to mend it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
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
from shared.wording.full_stop import with_full_stop

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


class SignInIssuer(_Part):
    """An issuer by whose accounts people sign in on pages, as its client of the id and secret.

    `code` names it in addresses and `name` on the page. It lets in those who were invited to `area`, and nobody else:
    by the claim `email`, where the claim `email_verified` says that the address is theirs.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=50)]
    name: Text
    issuer: Address
    client_id: Text
    client_secret_file: Path | None = None
    area: AreaCode
    algorithms: list[Algorithm] = Field(default=["RS256", "ES256"], min_length=1)
    email: ClaimName = "email"
    email_verified: ClaimName = "email_verified"

    @model_validator(mode="after")
    def _has_secret(self) -> SignInIssuer:
        if self.client_secret_file is not None and not self.client_secret:
            remedy = "Write the client's secret into it, and let the service's account read it."
            raise PydanticCustomError("secret", "the secret's file cannot be read, or is empty", {"remedy": remedy})
        return self

    @property
    def client_secret(self) -> str | None:
        """The secret in the file, or None where there is none."""
        if self.client_secret_file is None:
            return None
        try:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None


class IssuersFile(_Part):
    """What the operator has written: issuers of access tokens, and those by which people sign in."""

    issuers: Annotated[list[Issuer], Field(min_length=1)] = Field(default=[])
    sign_in: Annotated[list[SignInIssuer], Field(min_length=1)] = Field(default=[])

    @classmethod
    def none(cls) -> IssuersFile:
        """Return what there is without a file."""
        return cls.model_construct()

    @model_validator(mode="after")
    def _are_different(self) -> IssuersFile:
        if not self.issuers and not self.sign_in:
            remedy = "List `issuers` of access tokens, those by which people sign in (`signIn`), or both."
            raise PydanticCustomError("issuers", "names no issuer", {"remedy": remedy})
        if _stand_twice(one.issuer for one in self.issuers):
            remedy = "Write each once, with all its audiences and grants."
            raise PydanticCustomError("issuers", "an issuer stands twice", {"remedy": remedy})
        if _stand_twice(one.code for one in self.sign_in):
            remedy = "Give each of `signIn` a code of its own."
            raise PydanticCustomError("issuers", "a code stands twice", {"remedy": remedy})
        return self


def _stand_twice(names: Iterable[str]) -> bool:
    return max(Counter(names).values(), default=0) > 1


def read_issuers(path: Path) -> IssuersFile:
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
    faults, content = document.faults, None
    try:
        content = IssuersFile.model_validate(document.content)
    except ValidationError as error:
        faults = [*faults, *_faults(error, document)]
    if faults or content is None:  # out of any handler, so that no traceback shows what was written
        raise UnusableSettings("\n".join(f"{path}:{line}: {fault}" for line, fault in sorted(faults)))
    return content


def _faults(error: ValidationError, document: YamlDocument) -> Iterator[tuple[int, str]]:
    """Yield each fault with its line."""
    for fault in error.errors(include_input=False, include_url=False):
        # Pydantic's own word behind a mapping's key, where it is the key itself that is wrong.
        place = [part for part in fault["loc"] if part != "[key]"]
        yield document.line(fault["loc"]), _line(violation_of(fault, place))


def _line(violation: Violation) -> str:
    return f"{violation.field or 'the file'}: {with_full_stop(violation.reason)} {violation.remedy}"
