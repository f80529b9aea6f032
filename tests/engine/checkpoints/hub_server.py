"""A stand-in of the Hub on loopback: the URL layout, headers and ranges that clients rely on."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """Repositories and what was asked of them.

    Args:
        files: (repository, file) to content.
        break_after: bytes of the next answers after which the connection drops, once each.
        bad_tokens: what the Hub does not accept.
        asked: (method, path, Range header).
        tokens: the Authorization headers of those for files.
    """

    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    break_after: list[int] = field(default_factory=list)
    bad_tokens: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    address: str = ""

    @contextmanager
    def serving(self) -> Iterator[FakeHub]:
        """Answer on a free port of 127.0.0.1 within the block."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            wanted = self.headers.get("Range")
            token = self.headers.get("Authorization")
            hub.asked.append((self.command, self.path, wanted))
            if "/resolve/" in self.path:
                hub.tokens.append(token)
            owner, _, rest = self.path.lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            known = {repo for repo, _ in hub.files}
            if token is not None and token.removeprefix("Bearer ") in hub.bad_tokens:
                return self._refuse(401, "", "Invalid credentials in Authorization header")
            if owner in hub.gated:
                return self._refuse(403, "GatedRepo")
            if owner not in known:
                return self._refuse(404, "RepoNotFound")
            if revision not in ("main", COMMIT):
                return self._refuse(404, "RevisionNotFound")
            content = hub.files.get((owner, file))
            if content is None:
                return self._refuse(404, "EntryNotFound")
            start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(content) - start))
            if wanted:
                last = len(content) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
            self.end_headers()
            if body:
                cut = hub.break_after.pop(0) if hub.break_after else len(content)
                self.wfile.write(content[start : start + cut])
                if start + cut < len(content):
                    self.close_connection = True

        def _refuse(self, status: int, code: str, words: str = "") -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            if words:
                self.send_header("X-Error-Message", words)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
