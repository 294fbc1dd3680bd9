"""A line to a served desk that loses requests on their way there and answers on their way back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Lossy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.there = urlsplit(address)
        self.posts, self.lost = 0, {"there": 0, "back": 0}
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def loses(self) -> str:
        """Of every five POSTs the second never arrives, and the answer to the fourth does not come back."""
        with self.lock:
            self.posts += 1
            where = {2: "there", 4: "back"}.get(self.posts % 5, "")
            if where:
                self.lost[where] += 1
            return where

    def handle_error(self, request, client_address) -> None:
        """A caller that went away is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Lossy

    def do_GET(self) -> None:
        self._pass_on("")

    def do_POST(self) -> None:
        self._pass_on(self.server.loses())

    def _pass_on(self, lost: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if lost == "there":
            self.close_connection = True
            return
        there = self.server.there
        line = HTTPConnection(there.hostname or "", there.port, timeout=20)
        headers = {name: text for name, text in self.headers.items() if name.lower() not in ("host", "connection")}
        line.request(self.command, self.path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        if lost == "back":
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if after := answer.headers.get("Retry-After"):
            self.send_header("Retry-After", after)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def lossy(address: str) -> Iterator[Lossy]:
    server = Lossy(address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
