"""The client that sends messages: where it goes, what it bears, and what it makes of any answer."""

# Over 300 lines: where messages may go, and all that may come back.

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from shared.connectors import outgoing
from shared.connectors.outgoing import MOST_READ, Address, DeliveryFailure, Sender, fault_of, is_public
from tests.feed.receiver import Behaviour, Call, Receiver, answering, cut, dribble, flood, reply

pytestmark = pytest.mark.server

SECRET = "whsec_" + "c2FtdmVya2FuLXRlc3Q" + "tc2VjcmV0LXNlY3JldA=="
FORMER = "whsec_" + "Zm9ybWVyLXNlY3JldC1v" + "Zi1zYW12ZXJrYW4="
HERE = (ip_network("127.0.0.0/8"),)
BODY = '{"type":"test","data":{"text":"Skåne"}}'


def resolves(monkeypatch: pytest.MonkeyPatch, **names: Sequence[str]) -> None:
    async def resolve(host: str, port: int) -> list[Address]:
        found = names.get(host.replace(".", "_").replace("-", "_"))
        return [ip_address(address) for address in found] if found else await original(host, port)

    original = outgoing.resolve
    monkeypatch.setattr(outgoing, "resolve", resolve)


async def test_a_message_is_signed_and_says_what_it_is(receiver: Receiver) -> None:
    answer = await Sender(HERE).send(receiver.url, "msg-1", BODY, [SECRET, FORMER])
    assert (answer.failure, answer.status, answer.body) == (None, 200, b"")
    (call,) = receiver.calls
    assert (call.message_id, call.body, call.path) == ("msg-1", BODY, "/hook")
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    for secret in (SECRET, FORMER):
        Webhook(secret).verify(call.body, call.headers)


@pytest.mark.parametrize(
    ("behaviour", "failure", "status"),
    [
        (answering(204), None, 204),
        (answering(500), DeliveryFailure.REFUSED, 500),
        (answering(404), DeliveryFailure.REFUSED, 404),
        (answering(302, location="http://127.0.0.1:1/"), DeliveryFailure.REDIRECTED, 302),
        (answering(307, location="http://169.254.169.254/latest"), DeliveryFailure.REDIRECTED, 307),
        (cut, DeliveryFailure.CUT_OFF, None),
    ],
)
async def test_an_answer_is_told_as_what_it_is(
    receiver: Receiver, behaviour: Behaviour, failure: DeliveryFailure | None, status: int | None
) -> None:
    receiver.behaviours = [behaviour]
    answer = await Sender(HERE).send(receiver.url, "m", BODY, [SECRET])
    assert (answer.failure, answer.status) == (failure, status)
    assert len(receiver.calls) == 1


async def test_nobody_at_the_port(receiver: Receiver) -> None:
    assert receiver.server is not None
    receiver.server.close()
    await receiver.server.wait_closed()
    assert (await Sender(HERE).send(receiver.url, "m", BODY, [SECRET])).failure is DeliveryFailure.NOT_CONNECTED


async def test_an_endpoint_that_never_answers_is_left(receiver: Receiver) -> None:
    never = asyncio.Event()

    async def hang(_receiver: Receiver, _call: Call, _writer: asyncio.StreamWriter) -> None:
        await never.wait()

    receiver.behaviours = [hang]
    assert (
        await Sender(HERE, seconds=0.3).send(receiver.url, "m", BODY, [SECRET])
    ).failure is DeliveryFailure.TIMED_OUT
    never.set()


async def test_an_answer_a_byte_at_a_time_is_not_waited_for(receiver: Receiver) -> None:
    receiver.behaviours = [dribble]
    answer = await Sender(HERE, seconds=0.5).send(receiver.url, "m", BODY, [SECRET], reads_answer=True)
    assert answer.failure is DeliveryFailure.TIMED_OUT


async def test_an_endless_answer_is_read_to_a_limit(receiver: Receiver) -> None:
    receiver.behaviours = [flood]
    answer = await Sender(HERE).send(receiver.url, "m", BODY, [SECRET], reads_answer=True)
    assert (answer.failure, len(answer.body)) == (None, MOST_READ)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("999999999999", 86400), ("-3", None), ("soon", None), ("", None), ("9" * 5000, 86400)],
)
async def test_retry_after_in_seconds(receiver: Receiver, header: str, seconds: int | None) -> None:
    receiver.behaviours = [answering(429, retry_after=header)]
    answer = await Sender(HERE).send(receiver.url, "m", BODY, [SECRET])
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_retry_after_as_a_date(receiver: Receiver) -> None:
    then = datetime.now(UTC) + timedelta(hours=2)
    receiver.behaviours = [answering(503, retry_after=format_datetime(then, usegmt=True))]
    answer = await Sender(HERE).send(receiver.url, "m", BODY, [SECRET])
    assert answer.retry_after is not None
    assert timedelta(hours=1) < answer.retry_after <= timedelta(hours=2)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "192.0.0.8", "198.18.0.1", "240.0.0.1", "192.88.99.1", "203.0.113.7"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "fec0::1",
            "2001:db8::1",
            "100::1",
            "::7f00:1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001::1", "5f00::1", "4000::1"),
    ],
)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "194.71.11.137", "2a00:801::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "0"],
)
async def test_every_way_to_write_this_machine_is_refused(receiver: Receiver, host: str) -> None:
    answer = await Sender().send(f"https://{host}:{receiver.port}/", "m", BODY, [SECRET])
    assert answer.failure in {DeliveryFailure.ADDRESS_NOT_ALLOWED, DeliveryFailure.UNKNOWN_HOST}
    assert receiver.calls == []


async def test_a_name_that_has_a_private_address_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, inside_example=["127.0.0.1"], both_example=["8.8.8.8", "127.0.0.1"])
    for host in ("inside.example", "both.example"):
        answer = await Sender().send(f"https://{host}:{receiver.port}/", "m", BODY, [SECRET])
        assert answer.failure is DeliveryFailure.ADDRESS_NOT_ALLOWED
    assert receiver.calls == []


async def test_a_name_is_resolved_once_and_the_judged_address_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(_host: str, _port: int) -> list[Address]:
        return [ip_address(address) for address in answers.pop(0)]

    monkeypatch.setattr(outgoing, "resolve", rebinding)
    answer = await Sender(HERE).send(f"http://rebind.example:{receiver.port}/x", "m", BODY, [SECRET])
    assert answer.failure is None
    assert receiver.calls[0].headers["host"] == f"rebind.example:{receiver.port}"
    assert len(answers) == 1


async def test_the_next_address_of_a_name_is_tried_when_the_first_does_not_answer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, two_example=["127.0.0.2", "127.0.0.1"])
    answer = await Sender(HERE).send(f"http://two.example:{receiver.port}/", "m", BODY, [SECRET])
    assert answer.failure is None


async def test_without_tls_only_to_networks_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves(monkeypatch, public_example=["8.8.8.8"])
    answer = await Sender(HERE).send("http://public.example/", "m", BODY, [SECRET])
    assert answer.failure is DeliveryFailure.ADDRESS_NOT_ALLOWED


async def test_a_name_without_an_address() -> None:
    for host in ("no-such-host.invalid", "a" * 64 + ".example"):
        assert (await Sender().send(f"https://{host}/", "m", BODY, [SECRET])).failure is DeliveryFailure.UNKNOWN_HOST


async def test_names_that_nobody_resolves_hold_up_no_others(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They had all threads of the process: messages to other subscribers, and what else needs one, waited for them."""
    original, ends = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "silent.example":
            ends.wait(20)
        return original(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    silent = [asyncio.create_task(outgoing.resolve("silent.example", 443)) for _ in range(40)]
    try:
        await asyncio.sleep(0.1)
        assert (await Sender(HERE, seconds=5).send(receiver.url, "msg-1", BODY, [SECRET])).status == 200
        assert await asyncio.wait_for(asyncio.to_thread(lambda: True), 5)
    finally:
        ends.set()
        await asyncio.gather(*silent, return_exceptions=True)


async def test_an_environment_with_a_proxy_changes_nothing(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await Sender(HERE).send(receiver.url, "m", BODY, [SECRET])).failure is None


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://intranet.example.se/hook?x=1", True),
        ("https://intranet.example.se:8443/hook", True),
        ("https://8.8.8.8/", True),
        ("http://intranet.example.se/", False),
        ("https://user:word@intranet.example.se/", False),
        ("https://intranet.example.se/#part", False),
        ("https://10.0.0.1/", False),
        ("https://[::ffff:10.0.0.1]/", False),
        ("https:///path", False),
        ("ftp://intranet.example.se/", False),
        ("file:///etc/passwd", False),
        ("gopher://x", False),
        ("//intranet.example.se", False),
        ("https://\x00", False),
        ("https://a b/", False),
        ("https://x:99999/", False),
        ("", False),
    ],
)
def test_an_address_is_looked_at_before_it_is_kept(url: str, is_fine: bool) -> None:
    assert (fault_of(url, ()) is None) == is_fine


def test_an_allowed_network_may_be_without_tls() -> None:
    assert fault_of("http://127.0.0.1:8000/", HERE) is None
    assert fault_of("http://10.0.0.1/", HERE) is not None


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Return files with a key and a certificate of named.example, which no one vouches for."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=named.example", "-days", "2"]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:named.example"], check=True, capture_output=True)
    return key, certificate


async def test_a_certificate_is_the_names_and_not_the_addresss(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, chain = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    seen = []
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(200))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    resolves(monkeypatch, named_example=["127.0.0.1"], other_example=["127.0.0.1"])
    sender = Sender(HERE, tls=ssl.create_default_context(cafile=str(chain)))
    assert (await sender.send(f"https://named.example:{port}/", "m", BODY, [SECRET])).failure is None
    other = await sender.send(f"https://other.example:{port}/", "m", BODY, [SECRET])
    assert other.failure is DeliveryFailure.CERTIFICATE_OTHER_NAME
    distrustful = await Sender(HERE).send(f"https://named.example:{port}/", "m", BODY, [SECRET])
    assert distrustful.failure is DeliveryFailure.CERTIFICATE_ISSUER_UNKNOWN
    assert seen == ["named.example", "other.example", "named.example"]
    server.close()
