"""Whose certificates are trusted, and which check is named when one fails: trials B21."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from shared.connectors.certificates import TlsFailure, tls_context
from shared.connectors.fetching import Fetcher, NotFetched
from shared.connectors.outgoing import DeliveryFailure, Sender
from tests.feed.receiver import reply

pytestmark = pytest.mark.server

HERE = (ip_network("127.0.0.1"),)
SECRET = "whsec_bWFkZSB1cCwgYW5kIG5vdCBhbnlvbmUncyBzZWNyZXQ="
CONFIGURATION = """
[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
unique_subject = no
policy = names
copy_extensions = copy
x509_extensions = leaf
[names]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass
class Authority:
    """A municipality's own certificate authority, as openssl runs one."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def found(self) -> None:
        (self.folder / "index").write_text("")
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ca.cnf").write_text(CONFIGURATION.format(folder=self.folder))
        command = ["req", "-x509", *NEW_KEY, "-keyout", f"{self.folder}/ca.key", "-out", str(self.file)]
        self._run(*command, "-subj", "/CN=Kommunens CA", "-days", "9", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name: str, first: str, last: str) -> tuple[Path, Path]:
        """Return the files of a certificate for a host's name, and of its key."""
        stem = f"{self.folder}/{name}-{first}"
        request = ["req", *NEW_KEY, "-keyout", f"{stem}.key", "-out", f"{stem}.csr", "-subj", f"/CN={name}"]
        self._run(*request, "-addext", f"subjectAltName=DNS:{name}")
        signing = ["ca", "-batch", "-notext", "-config", f"{self.folder}/ca.cnf", "-in", f"{stem}.csr"]
        signing += ["-cert", str(self.file), "-keyfile", f"{self.folder}/ca.key", "-out", f"{stem}.pem"]
        self._run(*signing, "-startdate", first, "-enddate", last)
        return Path(f"{stem}.pem"), Path(f"{stem}.key")

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.found()
    return authority


@asynccontextmanager
async def serving(certificate: tuple[Path, Path] | None) -> AsyncIterator[int]:
    """Answer 200 on a port of 127.0.0.1, by TLS if there is a certificate."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if context:
            await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(200))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


VALID = ("20200101000000Z", "20990101000000Z")
CASES = {
    "by the file": ("localhost", VALID, True, None),
    "by no one": ("localhost", VALID, False, TlsFailure.ISSUER_UNKNOWN),
    "expired": ("localhost", ("20200101000000Z", "20210101000000Z"), True, TlsFailure.EXPIRED),
    "not yet": ("localhost", ("20980101000000Z", "20990101000000Z"), True, TlsFailure.NOT_YET_VALID),
    "another's": ("intranet.example.se", VALID, True, TlsFailure.OTHER_NAME),
    "no TLS": (None, VALID, True, TlsFailure.NO_TLS),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_check_that_failed_is_named_for_messages_and_sources(authority: Authority, case: str) -> None:
    """trials B21"""
    name, days, is_trusted, failure = CASES[case]
    certificate = authority.issue(name, *days) if name else None
    tls = tls_context(authority.file if is_trusted else None)
    async with serving(certificate) as port:
        address = f"https://localhost:{port}/"
        sent = await Sender(HERE, tls=tls).send(address, "m", "{}", [SECRET])
        assert (sent.failure and sent.failure.value) == failure
        if failure is None:
            assert await Fetcher(HERE, tls=tls).get(httpx.URL(address)) == b""
        else:
            with pytest.raises(NotFetched) as refused:
                await Fetcher(HERE, tls=tls).get(httpx.URL(address))
            assert refused.value.failure.value == failure
            assert not refused.value.may_pass


async def test_an_address_without_a_name_is_not_the_names(authority: Authority) -> None:
    async with serving(authority.issue("localhost", *VALID)) as port:
        sent = await Sender(HERE, tls=tls_context(authority.file)).send(
            f"https://127.0.0.1:{port}/", "m", "{}", [SECRET]
        )
    assert sent.failure is DeliveryFailure.CERTIFICATE_OTHER_NAME


def test_the_public_authorities_are_trusted_beside_the_own(authority: Authority) -> None:
    assert len(tls_context(authority.file).get_ca_certs()) > len(tls_context(None).get_ca_certs()) > 50
