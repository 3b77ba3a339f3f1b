"""Reads HTTP-like replies (HTTP, RTSP, SIP, SSDP) out of the text that another tool recorded of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_STATUS_LINE = re.compile(r"(HTTP|RTSP|SIP)/\d(?:\.\d)?[ \t]+(\d{3})(?!\d)")
_NEXT_REPLY = re.compile(r"(?m)^(?:HTTP|RTSP|SIP)/\d(?:\.\d)?[ \t]+\d{3}")
_LINE_END = re.compile(r"\r?\n")
_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
_REALM = re.compile(r'\brealm\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,;"]+))', re.IGNORECASE)
_TITLE = re.compile(r"<title(?:\s[^<>]*)?>([^<]*)", re.IGNORECASE)
_MAX_HEAD_CHARS = 262_144
_MAX_REPLIES = 4


class Reply(NamedTuple):
    """One reply: protocol (``HTTP``, ``RTSP``, ``SIP``), status code, head lines verbatim, and what follows."""

    protocol: str
    status: str
    lines: tuple[str, ...]
    rest: str

    def values(self, name: str) -> list[str]:
        """The values of all headers called ``name``, in order, white space around them removed."""
        wanted = name.lower()
        found: list[str] = []
        in_wanted = False
        for line in self.lines[1:]:
            if line[:1] in (" ", "\t"):  # an obsolete folded line continues the header before it
                if in_wanted:
                    found[-1] = f"{found[-1]} {line.strip()}"
                continue
            key, colon, value = line.partition(":")
            in_wanted = bool(colon) and key.strip().lower() == wanted
            if in_wanted:
                found.append(value.strip())
        return found

    def first(self, name: str) -> str | None:
        """The value of the first header called ``name``, or None; an empty value is a value."""
        return next(iter(self.values(name)), None)


def parse_reply(text: str) -> Reply | None:
    """The reply that ``text`` begins with, or None if it begins with no status line of a known protocol."""
    text = text.lstrip("\ufeff \t\r\n") if not text.startswith(("HTTP", "RTSP", "SIP")) else text
    status = _STATUS_LINE.match(text)
    if status is None:
        return None
    end = _END_OF_HEAD.search(text, 0, _MAX_HEAD_CHARS)
    head, rest = (text[: end.start()], text[end.end() :]) if end else (text[:_MAX_HEAD_CHARS], "")
    lines = _LINE_END.split(head)
    while lines and not lines[-1].strip("\r"):
        lines.pop()
    return Reply(status[1], status[2], tuple(lines), rest)


def parse_replies(text: str) -> list[Reply]:
    """All replies in ``text``, such as those to OPTIONS and DESCRIBE, one after the other; at most four."""
    replies: list[Reply] = []
    remaining = text
    while len(replies) < _MAX_REPLIES and (reply := parse_reply(remaining)) is not None:
        following = _NEXT_REPLY.search(reply.rest)
        body = reply.rest[: following.start()] if following else reply.rest
        replies.append(reply._replace(rest=body))
        if following is None:
            break
        remaining = reply.rest[following.start() :]
    return replies


def realm_of(challenges: Iterable[str]) -> str | None:
    """The first realm named in WWW-Authenticate values, quoted or not; None where there is none."""
    for challenge in challenges:
        found = _REALM.search(challenge)
        if found:
            return found[1] if found[1] is not None else found[2]
    return None


def title_of(html: str) -> str | None:
    """The text of the first title element of a page, as it stands there."""
    found = _TITLE.search(html)
    return found[1].strip() if found else None


def http_fields(reply: Reply) -> dict[str, object]:
    """The ``http.*`` fields that a reply's head holds."""
    fields: dict[str, object] = {"http.status": reply.status, "http.headers": reply.lines}
    for field, header in (("http.server", "Server"), ("http.location", "Location")):
        value = reply.first(header)
        if value is not None:
            fields[field] = value
    challenges = reply.values("WWW-Authenticate")
    if challenges:
        fields["http.auth"] = "; ".join(challenges)
        fields["http.auth_realm"] = realm_of(challenges)
    cookies = [value.partition("=")[0].strip() for value in reply.values("Set-Cookie")]
    if names := list(dict.fromkeys(name for name in cookies if name)):
        fields["http.cookies"] = names
    return fields


def rtsp_fields(replies: list[Reply]) -> dict[str, object]:
    """The ``rtsp.*`` fields of a conversation: status of the last reply, the rest from whichever reply has it."""
    fields: dict[str, object] = {
        "rtsp.status": replies[-1].status,
        "rtsp.headers": [line for reply in replies for line in reply.lines],
    }
    for reply in replies:
        for field, header in (("rtsp.server", "Server"), ("rtsp.public", "Public")):
            value = reply.first(header)
            if value is not None:
                fields.setdefault(field, value)
        challenges = reply.values("WWW-Authenticate")
        if challenges and "rtsp.auth" not in fields:
            fields["rtsp.auth"] = "; ".join(challenges)
            fields["rtsp.realm"] = realm_of(challenges)
        description = reply.rest.lstrip("\r\n")
        if description.startswith("v=") and "rtsp.sdp" not in fields:
            fields["rtsp.sdp"] = description
    return fields


def sip_fields(reply: Reply) -> dict[str, object]:
    """The ``sip.*`` fields of a reply."""
    return {"sip.server": reply.first("Server"), "sip.user_agent": reply.first("User-Agent")}


def ssdp_fields(reply: Reply) -> dict[str, object]:
    """The ``ssdp.*`` fields of a reply to M-SEARCH."""
    return {f"ssdp.{name}": reply.first(name) for name in ("server", "st", "usn", "location")}
