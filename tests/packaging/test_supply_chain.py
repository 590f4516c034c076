"""The list of what the service is made of, and the look at known faults."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from threading import Thread

import pytest

from tests.packaging.advisories import FAULTS_FOUND, NOT_DONE, audit, judge

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z][\w.-]*)==(\S+)", re.MULTILINE)
PINS = "".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("sound", "faulty"))

pytestmark = pytest.mark.server


def service_pins() -> dict[str, str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return dict(PINNED.findall(text.partition("# Only for")[0]))


def components(path: Path) -> dict[str, str]:
    return {one["name"]: one["version"] for one in json.loads(path.read_text(encoding="utf-8"))["components"]}


def test_the_bill_lists_each_pin_of_the_service_and_its_hashes(tmp_path: Path) -> None:
    made = tmp_path / "installed-test"
    made.touch()
    command = ["make", f"--old-file={made}", f"ENVIRONMENT={tmp_path}", f"BIN={Path(sys.executable).parent}", "bill"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert components(tmp_path / "bill.json") == service_pins()
    text = (tmp_path / "bill.json").read_text(encoding="utf-8")
    hashes = re.findall(r"sha256:([0-9a-f]{64})", (ROOT / "constraints.txt").read_text().partition("# Only for")[0])
    assert len(hashes) > 500
    assert [one for one in hashes if one not in text] == []


def test_the_bill_in_the_image_lists_what_is_installed(tmp_path: Path) -> None:
    """By the command of the Dockerfile, in an environment that is smaller than the image's."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"/bin/python (-m cyclonedx_py .+) --output-file /bill\.json /usr/local/bin/python\n", dockerfile)
    assert found
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    (library,) = (tmp_path / "lib").glob("python*/site-packages")
    installed = {name: distribution(name) for name in ("fastapi", "starlette")}
    for package in installed.values():
        folder = Path(str(package.locate_file(f"{package.name}-{package.version}.dist-info")))
        shutil.copytree(folder, library / folder.name)
    path = tmp_path / "bill.json"
    command = [sys.executable, *found[1].split(), "--output-file", str(path), str(tmp_path / "bin" / "python")]
    subprocess.run(command, cwd=ROOT, check=True)
    assert components(path) == {name: package.version for name, package in installed.items()}


class Index(BaseHTTPRequestHandler):
    """An index of known faults as OSV has it, which knows one."""

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [fixed]}]
        vulns = [{"id": "PYSEC-2026-1", "summary": "It falls over.", "affected": affected}] if name == "faulty" else []
        content = json.dumps({"vulns": vulns} if vulns else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()
        thread.join()


def audited(tmp_path: Path, url: str) -> tuple[int, list[str]]:
    path = tmp_path / "pins.txt"
    path.write_text(PINS)
    return audit(path, ["--vulnerability-service", "osv", "--osv-url", url])


def test_a_known_fault_is_found_and_nothing_else(tmp_path: Path, index: str) -> None:
    assert audited(tmp_path, index) == (FAULTS_FOUND, ["faulty 1.0: PYSEC-2026-1, mended in 1.1"])


def test_where_nothing_was_looked_up_that_is_said(tmp_path: Path) -> None:
    status, said = audited(tmp_path, "http://127.0.0.1:1/")
    assert status == NOT_DONE
    assert said[0] == "No package was looked up: no index of known faults can be reached."


def test_only_what_was_looked_up_is_free_of_faults() -> None:
    looked_up = {"name": "sound", "version": "1.0", "vulns": []}
    assert judge([looked_up]) == (0, ["None of 1 packages has a known fault."])
    status, said = judge([looked_up, {"name": "private", "skip_reason": "Dependency not found"}])
    assert (status, said[-1]) == (NOT_DONE, "private")
    assert judge([])[0] == NOT_DONE
