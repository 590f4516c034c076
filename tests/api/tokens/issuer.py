"""An issuer of tokens on 127.0.0.1 that publishes what a test says, misbehaves as it says, and signs anything."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from services.api.http.issuers import Issuer
from services.api.http.tokens import TokenVerifier
from shared.connectors.fetching import Fetcher

HERE = (ip_network("127.0.0.1/32"),)
AUDIENCE = "api://samverkan"
CLIENT = "0f5c2f3e-client"
SECONDS = 2.0

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Answers = Callable[[BaseHTTPRequestHandler], None]


@cache
def rsa_key(name: str = "rsa", bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a key by its name; it is made when it is first asked for."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


@cache
def ec_key(name: str = "ec", curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def public(key: PrivateKey, key_id: str, **fields: Any) -> dict[str, Any]:
    """Return the public part of a key as it is published."""
    if isinstance(key, rsa.RSAPrivateKey):
        content = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        content = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**content, "kid": key_id, "use": "sig"} | fields


def encoded(content: bytes | Mapping[str, Any]) -> str:
    """Return a part of a token: base64url without padding."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signature(key: PrivateKey, signed: str) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    size = (key.key_size + 7) // 8
    return b"".join(
        number.to_bytes(size) for number in decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    )


@dataclass
class OwnIssuer:
    """What it publishes and how it behaves: the misbehaviours come first, one for each request."""

    address: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [public(rsa_key(), "rsa"), public(ec_key(), "ec")])
    description: dict[str, Any] = field(default_factory=dict)
    misbehaves: list[Answers] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    # What it gives for a code.
    tokens: dict[str, Any] = field(default_factory=dict)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        if self.misbehaves:
            self.misbehaves.pop(0)(handler)
        elif handler.path == "/.well-known/openid-configuration":
            says({"issuer": self.address, "jwks_uri": f"{self.address}/keys"} | self.description)(handler)
        elif handler.path == "/token":
            says(self.tokens)(handler)
        elif handler.path == "/keys":
            says({"keys": self.keys})(handler)
        else:
            fails(404)(handler)

    @property
    def times_read(self) -> int:
        return self.asked.count("/keys")

    def claims(self, **others: Any) -> dict[str, Any]:
        """Return claims that break no rule; one that is given as None is left out."""
        now = int(time.time())
        whole = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": "service-17",
            "azp": CLIENT,
            "iat": now,
            "exp": now + 300,
            "roles": ["Samverkan.Report"],
        }
        return {name: value for name, value in (whole | others).items() if value is not None}

    def sign(
        self,
        claims: Mapping[str, Any] | bytes | None = None,
        key: PrivateKey | None = None,
        header: Mapping[str, Any] | bytes = {},
    ) -> str:
        """Return a token, by the RSA key unless another is given; a field of the header that is None is left out."""
        key = key or rsa_key()
        names = ("RS256", "rsa") if isinstance(key, rsa.RSAPrivateKey) else ("ES256", "ec")
        if not isinstance(header, bytes):
            whole = {"alg": names[0], "kid": names[1], "typ": "at+jwt"} | dict(header)
            header = {name: value for name, value in whole.items() if value is not None}
        signed = f"{encoded(header)}.{encoded(self.claims() if claims is None else claims)}"
        return f"{signed}.{encoded(signature(key, signed))}"

    def sign_by(self, name: str, **claims: Any) -> str:
        """Return a token by a key of its own, whose id is its name."""
        return self.sign(self.claims(**claims), rsa_key(name), {"kid": name})

    def configured(self, **others: Any) -> dict[str, Any]:
        """Return the entry of the operator's file for it."""
        return {
            "issuer": self.address,
            "audiences": [AUDIENCE],
            "claim": "roles",
            "grants": {
                "Samverkan.Read": [{"scope": "read", "area": "1282"}],
                "Samverkan.Report": [{"scope": "report", "area": "1282"}, {"scope": "read", "area": "12"}],
            },
        } | others

    def verifier(self, *, seconds: float = SECONDS, most_bytes: int = 256 * 1024, **others: Any) -> TokenVerifier:
        fetcher = Fetcher(HERE, seconds=seconds, most_bytes=most_bytes)
        return TokenVerifier([Issuer.model_validate(self.configured(**others))], fetcher)


def says(content: object, status: int = 200) -> Answers:
    return sends(json.dumps(content).encode(), status)


def sends(body: bytes, status: int = 200, **headers: str) -> Answers:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def fails(status: int) -> Answers:
    return sends(b"{}", status)


def redirects(address: str) -> Answers:
    return sends(b"", 302, Location=address)


def trickles(handler: BaseHTTPRequestHandler) -> None:
    """Send a byte now and then, so that no single read takes long, until nobody reads."""
    handler.send_response(200)
    handler.end_headers()
    _write_on(handler, b" ", 0.02)


def never_ends(handler: BaseHTTPRequestHandler) -> None:
    """Send as much as is read."""
    handler.send_response(200)
    handler.end_headers()
    _write_on(handler, b" " * 65_536, 0.0)


def _write_on(handler: BaseHTTPRequestHandler, piece: bytes, seconds: float) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            handler.wfile.write(piece)
        except OSError:
            break
        time.sleep(seconds)
    handler.close_connection = True


@contextmanager
def running() -> Iterator[OwnIssuer]:
    issuer = OwnIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            issuer.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
