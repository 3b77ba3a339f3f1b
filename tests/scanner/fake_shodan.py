"""A local stand-in for Shodan's REST API that the real ``shodan`` package talks to, with failures on demand.

It pages, counts credits, knows the query language well enough, and misbehaves as the real service was seen to:
results that move between pages, short pages, totals that lie. It fails the test if a scan is ever ordered.
Loaded by a conftest as a fixture; not a test module.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Banner = dict[str, Any]

BAD_KEY_PAGE = (
    b"<html>\n <head>\n  <title>401 Unauthorized</title>\n </head>\n <body>\n  <h1>401 Unauthorized</h1>\n"
    b"  This server could not verify that you are authorized to access the document you requested.<br/><br/>\n"
    b" </body>\n</html>"
)
NO_CREDITS = "Insufficient query credits, please upgrade your API plan or wait for the monthly limit to reset"
NEED_MEMBERSHIP = "Requires membership or higher to access"
TOO_FAST = (
    "Request rate limit reached (1 request/ second). Please wait a second before trying again and slow down "
    "your API calls."
)
INVALID_QUERY = "The search request timed out or your query was invalid."
PAGE_SIZE = 100
FILTERS = {
    "country": "location.country_code", "city": "location.city", "org": "org", "asn": "asn", "ip": "ip_str",
    "port": "port", "product": "product", "version": "version", "device": "devicetype",
    "http.title": "http.title", "http.html": "http.html", "title": "http.title", "http.status": "http.status",
    "http.favicon.hash": "http.favicon.hash", "hash": "hash", "shodan.module": "_shodan.module",
    "ssl.cert.subject.cn": "ssl.cert.subject.CN",
}  # fmt: skip


def at(banner: Banner, path: str) -> Any:
    """The value under a dotted name, or None."""
    value: Any = banner
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


class FakeShodan:
    """The service: a store of banners, one account, and switches. Use as a context manager."""

    def __init__(self, banners: list[Banner], key: str) -> None:
        self.banners = banners
        self.key = key
        self.plan = "dev"
        self.credits = 100
        self.restricted = {"vuln", "tag"}
        self.drift = 0  # new banners in front between two page requests
        self.short_pages = 0  # how many banners each page lacks
        self.total_offset = 0  # what the total is wrong by
        self.shrink_after: int | None = None  # from this page on there is nothing
        self.grow_to: list[Banner] = []  # joins the store after the first page
        self.min_interval = 0.0  # seconds between requests, else 429
        self.failures: list[tuple[str, str]] = []  # (path prefix, name), used up in order
        self.log: list[str] = []  # requests without the key
        self.ledger: list[tuple[str, int]] = []
        self.scans_ordered = 0
        self._last_request = 0.0
        self._pages_served = 0
        fake = self

        class Handler(_Handler):
            service = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeShodan:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, *names: str, path: str = "/shodan/host/search") -> None:
        """Let the next requests to ``path`` fail, one way after the other."""
        self.failures += [(path, name) for name in names]

    def take_failure(self, path: str) -> str | None:
        """The failure due for this request, used up."""
        if self.failures and path == self.failures[0][0]:
            return self.failures.pop(0)[1]
        return None

    def too_fast(self) -> bool:
        """Whether this request follows the one before too soon."""
        now = time.monotonic()
        early = now - self._last_request < self.min_interval
        self._last_request = now
        return early

    # queries

    def tokens(self, query: str) -> tuple[list[tuple[bool, str, str]], list[str], list[str]]:
        """Filters as (negated, name, value), bare words, and complaints."""
        filters, words, errors = [], [], []
        for token in re.findall(r'-?[\w.]+:"[^"]*"|"[^"]*"|\S+', query):
            name, colon, value = token.partition(":")
            if token.startswith('"') or not colon:
                words.append(token.strip('"').lower())
            elif name.lstrip("-") in FILTERS:
                filters.append((name.startswith("-"), name.lstrip("-"), value.strip('"')))
            else:
                errors.append(f"Invalid filter: {name.lstrip('-')}")
        return filters, words, errors

    def matching(self, query: str) -> list[Banner]:
        """The banners that a query finds, in the store's order (newest first)."""
        filters, words, _ = self.tokens(query)
        return [banner for banner in self.banners if self._fits(banner, filters, words)]

    def _fits(self, banner: Banner, filters: list[tuple[bool, str, str]], words: list[str]) -> bool:
        data = str(banner.get("data", "")).lower()
        for negated, name, value in filters:
            found = str(at(banner, FILTERS[name])).lower()
            if any(wanted.lower() in found for wanted in value.split(",")) == negated:
                return False
        return all(word in data for word in words)

    # answers

    def api_info(self) -> Any:
        """The account."""
        return {
            "plan": self.plan, "query_credits": self.credits, "scan_credits": 100, "monitored_ips": 16,
            "unlocked": True, "unlocked_left": self.credits, "https": False, "telnet": False,
            "usage_limits": {"query_credits": 100, "scan_credits": 100, "monitored_ips": 16},
        }  # fmt: skip

    def count(self, query: str, facets: str) -> Any:
        """The number of matching banners, never charged."""
        found = self.matching(query)
        answer: Banner = {"matches": [], "total": len(found) + self.total_offset}
        if facets:
            answer["facets"] = {spec.partition(":")[0]: self._facet(found, spec) for spec in facets.split(",")}
        return answer

    @staticmethod
    def _facet(found: list[Banner], spec: str) -> list[Banner]:
        name, _, size = spec.partition(":")
        counted = Counter(value for banner in found if (value := at(banner, FILTERS.get(name, name))) is not None)
        ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
        return [{"count": count, "value": value} for value, count in ordered[: int(size or 10)]]

    def search(self, query: str, page: int, minify: bool) -> tuple[int, Any]:
        """One page: status and answer; charged if there is a filter or it is not the first."""
        filters, _, errors = self.tokens(query)
        if errors:
            return 500, {"error": INVALID_QUERY}
        if self.plan == "oss":
            return 403, {"error": NEED_MEMBERSHIP}
        cost = 1 if filters or page > 1 else 0
        if cost > self.credits:
            return 401, {"error": NO_CREDITS}
        self.credits -= cost
        self.ledger.append((f"search page {page}", cost))
        found = self.matching(query)
        total = len(found) + self.total_offset
        offset = (page - 1) * PAGE_SIZE - self.drift * self._pages_served
        matches = found[max(0, offset) : max(0, offset) + PAGE_SIZE - self.short_pages]
        if self.short_pages:
            step = PAGE_SIZE - self.short_pages
            matches = found[(page - 1) * step : page * step]
        if self.shrink_after is not None and page >= self.shrink_after:
            matches = []
        self._pages_served += 1
        self.banners, self.grow_to = self.banners + self.grow_to, []
        return 200, {"matches": [self._minified(match) if minify else match for match in matches], "total": total}

    @staticmethod
    def _minified(banner: Banner) -> Banner:
        small: Banner = json.loads(json.dumps(banner))
        small.get("http", {}).pop("html", None)
        small.get("ssl", {}).pop("chain", None)
        return small

    def host(self, ip: str) -> tuple[int, Any]:
        """Everything about one address."""
        if not re.fullmatch(r"[0-9a-fA-F.:]+", ip):
            return 400, {"error": "Invalid IP"}
        found = [banner for banner in self.banners if banner.get("ip_str") == ip]
        if not found:
            return 404, {"error": "No information available for that IP."}
        first = found[0]
        place = first.get("location") or {}
        return 200, {
            "ip_str": ip, "ports": sorted({banner["port"] for banner in found}), "data": found,
            "hostnames": first.get("hostnames", []), "org": first.get("org"), "asn": first.get("asn"),
            "country_code": place.get("country_code"), "last_update": first.get("timestamp"),
            "vulns": [name for banner in found for name in banner.get("vulns", {})],
        }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: FakeShodan

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        """Nothing that coverscan does is a POST; an ordered scan is an offence."""
        self.service.scans_ordered += self.path.startswith("/shodan/scan")
        self._json(403, {"error": NEED_MEMBERSHIP})

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        key = asked.pop("key", "")
        service = self.service
        service.log.append(f"{parts.path} {json.dumps(asked, sort_keys=True)}")
        failure = service.take_failure(parts.path)
        if failure is not None:
            FAILURES[failure](self)
        elif key != service.key:
            self._send(401, BAD_KEY_PAGE, "text/html; charset=UTF-8")
        elif service.too_fast():
            self._json(429, {"error": TOO_FAST})
        else:
            self._json(*self._route(parts.path, asked))

    def _route(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        service, query = self.service, asked.get("query", "")
        if path == "/api-info":
            return 200, service.api_info()
        if path == "/shodan/host/count":
            return 200, service.count(query, asked.get("facets", ""))
        if path == "/shodan/host/search":
            minify = asked.get("minify", "True").lower() in ("true", "1")
            return service.search(query, int(asked.get("page", "1")), minify)
        if path == "/shodan/host/search/tokens":
            filters, words, errors = service.tokens(query)
            attributes = {name: [value] for _, name, value in filters}
            return 200, {
                "attributes": attributes, "errors": errors, "string": " ".join(words), "filters": list(attributes)
            }  # fmt: skip
        if path.startswith("/shodan/host/"):
            return service.host(path.rpartition("/")[2])
        return 404, {"error": "Not found"}

    def _json(self, status: int, value: Any) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, *pieces: bytes, pause: float = 0.0, reset: bool = False) -> None:
        """Write bytes as they are, then end the connection, gently or not."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for piece in pieces:
            try:
                self.wfile.write(piece)
                self.wfile.flush()
            except OSError:
                return
            time.sleep(pause)
        if reset:
            self.connection.close()


def _answer(
    status: int, body: bytes, kind: str = "application/json", **headers: str
) -> Callable[[_Handler], None]:
    return lambda handler: handler._send(status, body, kind, **headers)


def _error(status: int, text: str, **headers: str) -> Callable[[_Handler], None]:
    return _answer(status, json.dumps({"error": text}).encode(), **headers)


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_PAGE = b"<html><head><title>Error</title></head><body>Please try again later.</body></html>"


def _drip() -> Iterator[bytes]:
    yield _HEAD + b"Content-Length: 5000\r\n\r\n"
    for _ in range(200):
        yield b" "


FAILURES: dict[str, Callable[[_Handler], None]] = {
    "bad_key_html": _answer(401, BAD_KEY_PAGE, "text/html; charset=UTF-8"),
    "plain_401": _answer(401, b"", "text/plain"),
    "no_credits_json": _error(401, NO_CREDITS),
    "old_no_plan": _error(401, "Please upgrade your API plan to use filters or paging."),
    "need_membership": _error(403, NEED_MEMBERSHIP),
    "rate_json": _error(429, TOO_FAST),
    "rate_retry_after": _error(429, TOO_FAST, Retry_After="7"),
    "rate_html": _answer(429, _PAGE, "text/html"),
    "timeout_or_invalid": _error(500, INVALID_QUERY),
    "timeout_or_invalid_200": _error(200, INVALID_QUERY),
    **{f"h{status}": _answer(status, _PAGE, "text/html") for status in (500, 502, 503, 504, 524)},
    "captcha_200": _answer(200, _PAGE, "text/html"),
    "empty_200": _answer(200, b""),
    "null_200": _answer(200, b"null"),
    "list_200": _answer(200, b"[]"),
    "no_total": _answer(200, b'{"matches": [{"ip_str": "192.0.2.1", "port": 80}]}'),
    "total_nan": _answer(200, b'{"matches": [], "total": NaN}'),
    "matches_null": _answer(200, b'{"matches": null, "total": 3}'),
    "error_null": _answer(200, b'{"error": null, "matches": []}'),
    "bad_utf8": _answer(200, b'{"matches": [{"ip_str": "192.0.2.1", "port": 80, "data": "\xff\x00"}], "total":1}'),
    "bom": _answer(200, b'\xef\xbb\xbf{"matches": [{"ip_str": "192.0.2.1", "port": 80, "data": ""}], "total": 1}'),
    "deep_nesting": _answer(200, b"[" * 10_000),
    "redirect": _answer(302, b"", Location="http://127.0.0.1:9/login"),
    "cut_content_length": lambda handler: handler.raw(_HEAD + b"Content-Length: 5000\r\n\r\n" + b'{"matches": ['),
    "cut_chunk": lambda handler: handler.raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"fff\r\n{"),
    "cut_close": lambda handler: handler.raw(_HEAD + b"Connection: close\r\n\r\n", b'{"matches": [{"ip'),
    "echo_key": lambda handler: handler._json(400, {"error": f"no such thing: {handler.service.key}"}),
    "reset": lambda handler: handler.raw(reset=True),
    "slow_drip": lambda handler: handler.raw(*_drip(), pause=0.05),
    "gzip_bomb": lambda handler: handler._send(
        200, gzip.compress(b"0" * 100_000_000, 1), "application/json", Content_Encoding="gzip"
    ),
}  # fmt: skip
"""Every way to fail, by name."""
