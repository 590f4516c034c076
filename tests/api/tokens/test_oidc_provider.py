"""Tokens of a real issuer: npm's certified oidc-provider, which is installed once and kept in pytest's cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.http.issuers import Issuer
from services.api.http.problems import InvalidToken, MissingScope
from services.api.http.token_keys import SECONDS_BETWEEN_FETCHES
from services.api.http.tokens import TokenVerifier
from shared.connectors.fetching import Fetcher
from shared.db.keys import KeyScope
from tests.api.tokens.issuer import HERE

pytestmark = pytest.mark.server  # the provider

FILES = Path(__file__).parent / "oidc_provider"
OLDEST_NODE = 20
SECONDS_TO_INSTALL = 90
RESOURCE = "https://samverkan.example"


class Provider:
    """The provider, which runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.issuer = self._announced()

    def change_key(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._announced()

    def access_token(self, resource: str = RESOURCE, scope: str = "samverkan:report other") -> str:
        asked = {"grant_type": "client_credentials", "resource": resource, "scope": scope}
        client = {"client_id": "streets", "client_secret": "a secret of the tests"}
        answer = httpx.post(f"{self.issuer}/token", data=asked | client, trust_env=False).raise_for_status()
        return str(answer.json()["access_token"])

    def id_token(self) -> str:
        """Sign in as a person does, and return what the page is given."""
        asked = {"client_id": "page", "response_type": "id_token", "scope": "openid", "nonce": "once"}
        with httpx.Client(base_url=self.issuer, trust_env=False) as browser:
            answer = browser.get("/auth", params=asked | {"redirect_uri": "https://page.example/signed-in"})
            for form in ({"prompt": "login", "login": "anna", "password": "x"}, {"prompt": "consent"}):
                while "/interaction/" not in answer.headers["location"]:
                    answer = browser.get(answer.headers["location"])
                answer = browser.post(answer.headers["location"], data=form)
            answer = browser.get(answer.headers["location"])
        [token] = re.findall("id_token=([^&]+)", answer.headers["location"])
        return str(token)

    def verifier(self, audience: str = "api://samverkan", **others: Any) -> TokenVerifier:
        entry = {
            "issuer": self.issuer,
            "audiences": [audience],
            "claim": "scope",
            "grants": {"samverkan:report": [{"scope": "report", "area": "1282"}]},
        }
        return TokenVerifier([Issuer.model_validate(entry | others)], Fetcher(HERE, seconds=5))

    def _announced(self) -> str:
        assert self._process.stdout is not None
        return next(line.strip() for line in self._process.stdout if line.startswith("http:"))


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    """Return a folder with the provider; skip the tests, with the reason, where it cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node.js with npm is not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node.js is older than {OLDEST_NODE}")
    lock = (FILES / "package-lock.json").read_bytes()
    cache = request.config.cache
    assert cache is not None
    folder = cache.mkdir("oidc-provider") / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.exists():
        _install(npm, folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    """Install what the lock file names; into a folder of this process, since others may do the same meanwhile."""
    own = folder.with_name(f"{folder.name}-{os.getpid()}")
    shutil.copytree(FILES, own)
    try:
        subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=own,
            timeout=SECONDS_TO_INSTALL,
            capture_output=True,
            check=True,
        )
        own.rename(folder)
    except subprocess.SubprocessError as error:
        pytest.skip(f"npm could not install oidc-provider: {type(error).__name__}")
    except OSError:
        assert folder.exists()  # another process was faster
    finally:
        shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(params=["RS256", "ES256"])
def provider(request: pytest.FixtureRequest, packages: Path) -> Iterator[Provider]:
    shutil.copy(FILES / "provider.mjs", packages)
    with subprocess.Popen(
        ["node", "provider.mjs", request.param],
        cwd=packages,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Provider(process)
        finally:
            process.kill()


async def test_a_system_calls_by_the_token_that_it_was_given(provider: Provider) -> None:
    holder = await provider.verifier(authorizedParties=["streets"]).find(provider.access_token())
    assert (holder.issuer, holder.subject, holder.name) == (provider.issuer, "streets", "streets")
    assert holder.grants == {(KeyScope.REPORT, "1282")}
    assert 0 < holder.expires_at - time.time() <= 300


async def test_a_token_for_another_service_or_of_another_scope_or_client_is_refused(provider: Provider) -> None:
    with pytest.raises(InvalidToken, match="another service"):
        await provider.verifier().find(provider.access_token("https://other.example"))
    with pytest.raises(MissingScope, match="Nothing is granted"):
        await provider.verifier().find(provider.access_token(scope="other"))
    with pytest.raises(InvalidToken, match="client"):
        await provider.verifier(authorizedParties=["parks"]).find(provider.access_token())


async def test_an_id_token_is_refused_though_it_is_for_this_very_audience(provider: Provider) -> None:
    token = provider.id_token()
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["nonce"]) == ("page", "once")
    with pytest.raises(InvalidToken, match="not an ID token"):
        await provider.verifier(audience="page", claim="nonce").find(token)


async def test_keys_change_without_a_restart(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, old = provider.verifier(), provider.access_token()
    await verifier.find(old)
    provider.change_key()
    new = provider.access_token()
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(new)
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + SECONDS_BETWEEN_FETCHES)
    await verifier.find(new)
    with pytest.raises(InvalidToken, match="not published"):
        await verifier.find(old)
