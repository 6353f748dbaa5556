"""A system outside, as a web server of its own in this process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Listener:
    """Answers `status` (or what `answer` says of a request's number) and keeps what it was told."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    release: threading.Event | None = None
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], int] | None = None

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                number = len(outer.heard)
                if outer.release is not None:
                    outer.release.wait(30)
                self.send_response(outer.answer(number) if outer.answer else outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def told(self) -> list[dict]:
        return [json.loads(body) for _headers, body in self.heard]

    def until(self, count: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.heard) < count:
            assert time.monotonic() < deadline, f"{len(self.heard)} of {count} heard"
            time.sleep(0.01)

    def stop(self) -> None:
        if self.release is not None:
            self.release.set()
        self.server.shutdown()
        self.server.server_close()
