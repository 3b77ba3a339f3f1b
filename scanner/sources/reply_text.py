"""Reads HTTP-like replies (HTTP, RTSP, SIP, SSDP) out of the text that another tool recorded of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from scanner.probes import rtsp
from scanner.probes.header_block import MAX_HEAD_BYTES, HeaderBlock, parse_head, realm_of

_PROTOCOL = re.compile(r"\s{0,64}(HTTP|RTSP|SIP)/\d(?:\.\d)?[ \t]+\d{3}(?!\d)")
_STATUS_LINES = re.compile(r"(?m)^RTSP/\d(?:\.\d)?[ \t]+\d{3}")
_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
_MAX_REPLIES = 4


class Reply(NamedTuple):
    """One reply: its protocol (``HTTP``, ``RTSP``, ``SIP``), its header block, and the text that follows it."""

    protocol: str
    head: HeaderBlock
    rest: str


def parse_reply(text: str) -> Reply | None:
    """The reply that ``text`` begins with, or None if it begins with no status line of a known protocol."""
    text = text.removeprefix("\ufeff")
    status = _PROTOCOL.match(text)
    if status is None:
        return None
    text = text[status.start(1) :]
    end = _END_OF_HEAD.search(text, 0, MAX_HEAD_BYTES)
    head = parse_head(text[: end.end() if end else MAX_HEAD_BYTES].encode("utf-8", "replace"))
    return Reply(status[1], head, text[end.end() :] if end else "")


def http_fields(reply: Reply) -> dict[str, object]:
    """The ``http.*`` fields that a reply's head holds."""
    head = reply.head
    challenges = head.every("www-authenticate")
    cookies = (value.partition(";")[0].partition("=")[0].strip() for value in head.every("set-cookie"))
    return _seen(
        {
            "http.status": head.status,
            "http.headers": head.lines,
            "http.server": head.first("server"),
            "http.location": head.first("location"),
            "http.auth": challenges or None,
            "http.auth_realm": realm_of(challenges),
            "http.cookies": list(dict.fromkeys(name for name in cookies if name)) or None,
        }
    )


def rtsp_fields(text: str) -> Mapping[str, object]:
    """The ``rtsp.*`` fields of the reply or replies in ``text``, such as those to OPTIONS and DESCRIBE."""
    starts = [found.start() for found in _STATUS_LINES.finditer(text)]
    spans = pairwise([*starts[: _MAX_REPLIES + 1], len(text)])
    texts = [text[start:end].encode("utf-8", "replace") for start, end in spans][:_MAX_REPLIES]
    replies = [reply for piece in texts if (reply := rtsp.parse(piece)) is not None]
    if not replies:
        return {}
    return rtsp.fields(replies[0] if len(replies) > 1 else None, replies[-1])


def sip_fields(reply: Reply) -> dict[str, object]:
    """The ``sip.*`` fields of a reply."""
    return _seen({"sip.server": reply.head.first("server"), "sip.user_agent": reply.head.first("user-agent")})


def ssdp_fields(reply: Reply) -> dict[str, object]:
    """The ``ssdp.*`` fields of a reply to M-SEARCH."""
    return _seen({f"ssdp.{name}": reply.head.first(name) for name in ("server", "st", "usn", "location")})


def _seen(fields: Mapping[str, object]) -> dict[str, object]:
    """``fields`` without those that were not there; an empty value was."""
    return {name: value for name, value in fields.items() if value is not None}
