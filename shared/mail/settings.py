"""The settings of the mail server; without one no mail is sent."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from shared.environment import AnyCase, FromEnvironment, ReadableFile

_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:-]+", re.ASCII)


def _host(name: str | None) -> str | None:
    if name is not None and not _HOST.fullmatch(name):
        raise ValueError("is no name of a server")
    return name


class MailSettings(FromEnvironment):
    """Where mails are handed over, and whom they are from. Mail is off without `smtp_host`.

    `smtp_tls`: encrypted after a greeting (`starttls`), from the beginning (`tls`), or not at all (`none`). User and
    password are sent only where they are given.
    """

    smtp_host: Annotated[str | None, AfterValidator(_host)] = Field(
        default=None, description="the name of a mail server, such as smtp.example.se"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="a port of the mail server, from 1 to 65535")
    smtp_tls: Annotated[Literal["starttls", "tls", "none"], AnyCase] = Field(
        default="starttls", description="starttls, tls or none"
    )
    smtp_user: str | None = Field(default=None, max_length=200, description="a user of the mail server", repr=False)
    smtp_password_file: ReadableFile = Field(
        default=None, description="a readable file with the password of SAMVERKAN_SMTP_USER"
    )
    smtp_sender: str | None = Field(
        default=None,
        validate_default=True,
        description="the address that mails are from, such as samverkan@example.se; needed with SAMVERKAN_SMTP_HOST",
    )

    @field_validator("smtp_sender", mode="after")
    @classmethod
    def _with_sender(cls, sender: str | None, info: ValidationInfo) -> str | None:
        if (sender is None and info.data.get("smtp_host")) or (sender is not None and not _ADDRESS.fullmatch(sender)):
            raise ValueError("is no address")
        return sender
