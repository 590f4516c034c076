"""Who is trusted to vouch for a host, and which check a host's certificate has failed."""

from __future__ import annotations

import ssl
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pathlib import Path


class TlsFailure(StrEnum):
    """Why no secure connection could be made."""

    ISSUER_UNKNOWN = "certificateIssuerUnknown"
    EXPIRED = "certificateExpired"
    NOT_YET_VALID = "certificateNotYetValid"
    OTHER_NAME = "certificateOtherName"
    INVALID = "certificateInvalid"
    NO_TLS = "tlsFailed"


# OpenSSL's numbers: X509_V_ERR_… in openssl/x509_vfy.h.
_BY_VERIFY_CODE = {
    2: TlsFailure.ISSUER_UNKNOWN,
    9: TlsFailure.NOT_YET_VALID,
    10: TlsFailure.EXPIRED,
    18: TlsFailure.ISSUER_UNKNOWN,
    19: TlsFailure.ISSUER_UNKNOWN,
    20: TlsFailure.ISSUER_UNKNOWN,
    21: TlsFailure.ISSUER_UNKNOWN,
    62: TlsFailure.OTHER_NAME,
    64: TlsFailure.OTHER_NAME,
}


@cache
def tls_context(trusted_cas: Path | None = None) -> ssl.SSLContext:
    """Return a context that trusts the public certificate authorities, and those of a file in PEM as well."""
    context = httpx.create_ssl_context()
    if trusted_cas is not None:
        context.load_verify_locations(cafile=str(trusted_cas))
    return context


def tls_failure_of(error: BaseException) -> TlsFailure | None:
    """Return why TLS failed, if that is what an error of the HTTP client comes from."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _BY_VERIFY_CODE.get(cause.verify_code, TlsFailure.INVALID)
        if isinstance(cause, ssl.SSLError):
            return TlsFailure.NO_TLS
        cause = cause.__cause__ or cause.__context__
    return None
