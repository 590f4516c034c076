"""A web server of an intranet: it serves the example page, and may be a gateway that adds the key."""

from __future__ import annotations

import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[3] / "deploy" / "intranet" / "index.html").read_text(encoding="utf-8")
SOURCE_OF_PICTURE = "document.getElementById('picture').src"
WIDTH_OF_PICTURE = "document.getElementById('picture').naturalWidth"


class Intranet(ThreadingHTTPServer):
    """Serves the page, and as a gateway what lies under /samverkan/, with the key of its own."""

    def __init__(self, page: str = "", *, gateway_to: str = "", key: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.page, self.gateway_to, self.key = page, gateway_to, key

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Request(BaseHTTPRequestHandler):
    server: Intranet

    def do_GET(self) -> None:
        if self.path.startswith("/samverkan/") and self.server.gateway_to:
            headers = {
                "Authorization": f"Bearer {self.server.key}",
                "Accept": self.headers["Accept"],
                "Forwarded": f"host={self.headers['Host']};proto=http",
            }
            asked = urllib.request.Request(self.server.gateway_to + self.path, headers=headers)
            with urllib.request.urlopen(asked) as answer:
                self._answer(answer.headers["Content-Type"], answer.read())
        elif self.path.startswith("/?"):
            self._answer("text/html; charset=utf-8", self.server.page.encode())
        else:
            self.send_error(404)

    def _answer(self, media_type: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def running(intranet: Intranet) -> Iterator[Intranet]:
    thread = Thread(target=intranet.serve_forever)
    thread.start()
    try:
        yield intranet
    finally:
        intranet.shutdown()
        thread.join()
        intranet.server_close()


def page_for(api: str, key: str) -> str:
    """Return the page with its settings filled in."""
    html = PAGE.replace('name="samverkan-api" content=""', f'name="samverkan-api" content="{api}"')
    html = html.replace('name="samverkan-key" content=""', f'name="samverkan-key" content="{key}"')
    assert html != PAGE
    return html
