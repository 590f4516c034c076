"""A real issuer: npm's certified oidc-provider, which is installed once and kept in pytest's cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.http.issuers import Issuer
from services.api.http.tokens import TokenVerifier
from shared.connectors.fetching import Fetcher
from tests.api.tokens.issuer import HERE

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
        address = httpx.URL(f"{self.issuer}/auth", params=asked | {"redirect_uri": "https://page.example/signed-in"})
        [token] = re.findall("id_token=([^&]+)", self.sign_in(str(address), "anna"))
        return str(token)

    def sign_in(self, address: str, name: str) -> str:
        """Sign in as a person of a name where a page has led, and return where that leads back to."""
        with httpx.Client(base_url=self.issuer, trust_env=False) as browser:
            answer = browser.get(address)
            for form in ({"prompt": "login", "login": name, "password": "x"}, {"prompt": "consent"}):
                while "/interaction/" not in answer.headers["location"]:
                    answer = browser.get(answer.headers["location"])
                answer = browser.post(answer.headers["location"], data=form)
            return str(browser.get(answer.headers["location"]).headers["location"])

    def stop(self) -> None:
        """End it: it answers no more."""
        self._process.kill()
        self._process.wait()

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
    with running(packages, request.param) as one:
        yield one


@contextmanager
def running(packages: Path, *arguments: str) -> Iterator[Provider]:
    """Run the provider, with the algorithm by which it signs first among its arguments."""
    shutil.copy(FILES / "provider.mjs", packages)
    with subprocess.Popen(
        ["node", "provider.mjs", *arguments],
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
