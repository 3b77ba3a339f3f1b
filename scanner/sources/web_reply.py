"""A web page as tools with objects for it write it: status, headers by name, body. Order and spelling are lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from scanner.probes.header_block import parse_head
from scanner.probes.http_message import title_of
from scanner.sources.reply_text import Reply, http_fields

_MAX_HEADERS = 100
_UNWRITTEN = re.compile(r"[\r\n\0]")
_OWN_SPELLING = {"www-authenticate": "WWW-Authenticate", "etag": "ETag", "x-xss-protection": "X-XSS-Protection"}


def web_fields(
    status: str | None, headers: Iterable[tuple[str, str]], body: str | None, *, path: str | None = None
) -> dict[str, object]:
    """The ``http.*`` fields of a reply whose headers are known by name; ``http.headers`` holds no order then."""
    lines = [f"{_spelled(name)}: {_UNWRITTEN.sub(' ', value)}" for name, value in headers][:_MAX_HEADERS]
    start = f"HTTP/1.1 {status}" if status and status.isdigit() else "HTTP/1.1 000"
    head = parse_head("\r\n".join([start, *lines, "", ""]).encode("utf-8", "replace"))
    found: dict[str, object] = http_fields(Reply("HTTP", head, ""))
    # The order and the case of the lines are the tool's: signs that rest on them must not fire.
    found |= {"http.headers": list(head.lines[1:]) or None, "http.status": status}
    found |= {"http.body": body or None, "http.path": path or "/"}
    found["http.title"] = title_of(body) if body else None
    return {name: value for name, value in found.items() if value is not None}


def whole_reply_fields(head: str, body: str | None, *, path: str | None = None) -> dict[str, object]:
    """The ``http.*`` fields of a reply whose head is there as it was received."""
    block = parse_head(head.encode("utf-8", "replace"))
    found: dict[str, object] = {**http_fields(Reply("HTTP", block, "")), "banner.raw": head}
    found |= {"http.body": body or None, "http.path": path or "/", "http.title": title_of(body) if body else None}
    return {name: value for name, value in found.items() if value is not None}


def without_none(fields: Mapping[str, object]) -> dict[str, object]:
    """``fields`` without those that were not seen."""
    return {name: value for name, value in fields.items() if value is not None}


def _spelled(name: str) -> str:
    """``www_authenticate`` as ``WWW-Authenticate``."""
    name = _UNWRITTEN.sub("", name).replace("_", "-").strip()
    return _OWN_SPELLING.get(name.lower(), "-".join(part[:1].upper() + part[1:] for part in name.split("-")))
