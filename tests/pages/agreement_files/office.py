"""LibreOffice of a Swedish user, driven without a window."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SOFFICE = shutil.which("soffice")
NEEDS_SOFFICE = pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice: Debian's libreoffice-calc-nogui")
# A text with semicolons in UTF-8, in Swedish, of which numbers are read as such; sheets as they are displayed.
SWEDISH_TABLE = "CSV:59,34,76,1,,1053,false,true"
AS_DISPLAYED = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1053,false,true,true,false,false,-1"
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>sv-SE</value>
</prop></item></oor:items>"""


class Office:
    """Opens files and saves them as others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")

    def convert(self, name: str, content: bytes, to: str, reading: str = "") -> dict[str, bytes]:
        """Return what a file is saved as, by name."""
        assert SOFFICE is not None
        source, target = self._folder / name, self._folder / f"from-{name}"
        source.write_bytes(content)
        command = [SOFFICE, f"-env:UserInstallation=file://{self._folder}/profile", "--headless", "--convert-to", to]
        command += [f"--infilter={reading}"] if reading else []
        done = subprocess.run([*command, "--outdir", target, source], capture_output=True, timeout=90, check=False)
        assert target.is_dir(), done.stderr.decode()
        return {file.name: file.read_bytes() for file in target.iterdir()}
