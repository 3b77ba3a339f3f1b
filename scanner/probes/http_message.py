"""An HTTP reply as it arrived, to the fields of an observation: lenient, bounded and total.

HTTP/0.9 pages count with status "0.9". A body that was compressed unasked is inflated to at most 1 MB. Text is
decoded as the header or the page declares where that is a known character set, else as UTF-8.
"""

from __future__ import annotations

import html
import re
import zlib
from typing import NamedTuple

from fingerprints.observation import FieldValue, bounded_fields
from scanner.character_sets import decode
from scanner.probes.header_block import HeaderBlock, parse_head, realm_of
from scanner.probes.http_framing import MAX_BODY_BYTES, Kind, kind_of, unframed_body

MAX_INFLATED_BYTES = 1_048_576
MAX_BODY_CHARS = 65_536

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BARE_BANNER_BYTES = 4_096
_CHARSET_IN_TYPE = re.compile(r"charset\s{0,8}=\s{0,8}[\"']?([A-Za-z0-9._:-]{1,40})", re.I)
_CHARSET_IN_PAGE = re.compile(rb"<meta\b[^<>]{0,256}?charset\s{0,8}=\s{0,8}[\"']?([A-Za-z0-9._:-]{1,40})", re.I)
_TITLE = re.compile(r"<title(?:\s[^<>]{0,256})?>", re.I)
_TITLE_END = re.compile(r"</title", re.I)
_MAX_TITLE_SOURCE = 4_096
# zlib's window bits; deflate comes with the zlib header, as specified, or without, as often sent.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
_NO_TEXT = ("image/", "video/", "audio/", "multipart/")


class HttpMessage(NamedTuple):
    """A reply: its header block (None for HTTP/0.9), the decoded body, and whether all of it arrived.

    ``whole`` cannot be judged where only the end of the connection ends the body; it is true then.
    """

    head: HeaderBlock | None
    body: bytes
    whole: bool

    @property
    def status(self) -> str | None:
        """The status code as text, ``0.9`` for a page without header block."""
        return "0.9" if self.head is None else self.head.status

    def first(self, name: str) -> str | None:
        """The value of the first header called ``name`` (in lower case)."""
        return None if self.head is None else self.head.first(name)


def parse(data: bytes) -> HttpMessage | None:
    """The reply that ``data`` holds, as far as it got; None if it is not HTTP."""
    kind = kind_of(data)
    if kind is Kind.BARE:
        return HttpMessage(None, data[:MAX_BODY_BYTES], True)
    if kind is not Kind.HTTP:
        return None
    head = parse_head(data)
    if head.status is None:
        return None
    body, whole = unframed_body(head, data[len(head.raw) :] if head.ended else b"")
    inflated, all_inflated = _inflated(body, head.every("content-encoding"))
    return HttpMessage(head, inflated, whole and all_inflated and head.whole)


def fields(message: HttpMessage, path: str) -> dict[str, FieldValue]:
    """The fields of OBSERVATION that a reply to ``GET path`` fills."""
    text = body_text(message)
    found: dict[str, object] = {"http.status": message.status, "http.path": path, "http.body": text or None}
    found["http.title"] = title_of(text)
    head = message.head
    if head is None:
        found["banner.raw"] = message.body[:_BARE_BANNER_BYTES].decode("utf-8", "replace")
        return bounded_fields(found)
    mark = _BYTE_ORDER_MARK if message.body.startswith(_BYTE_ORDER_MARK) else b""
    challenges = head.every("www-authenticate")
    found |= {
        "banner.raw": (head.raw + mark).decode("utf-8", "replace"),
        "http.headers": head.lines,
        "http.server": head.first("server"),
        "http.location": head.first("location"),
        "http.auth": challenges or None,
        "http.auth_realm": realm_of(challenges),
        "http.cookies": _cookie_names(head) or None,
    }
    return bounded_fields(found)


def body_text(message: HttpMessage) -> str:
    """The first ``MAX_BODY_CHARS`` characters of the body; empty for pictures and sound."""
    content_type = (message.first("content-type") or "").lower()
    if content_type.startswith(_NO_TEXT):
        return ""
    declared = _CHARSET_IN_TYPE.search(content_type)
    label = declared[1] if declared else None
    if label is None:
        in_page = _CHARSET_IN_PAGE.search(message.body[:8_192])
        label = in_page[1].decode("ascii") if in_page else None
    return decode(message.body[: 4 * MAX_BODY_CHARS], label)[:MAX_BODY_CHARS]


def title_of(page: str) -> str | None:
    """The text of the first title element, white space collapsed; empty if it is empty, None without one."""
    start = _TITLE.search(page)
    if start is None:
        return None
    source = page[start.end() : start.end() + _MAX_TITLE_SOURCE]
    end = _TITLE_END.search(source)
    # A title that never ends is taken up to the next tag.
    title = source[: end.start()] if end else source.partition("<")[0]
    return " ".join(html.unescape(title).split())


def _cookie_names(head: HeaderBlock) -> tuple[str, ...]:
    names = (value.partition(";")[0].partition("=")[0].strip() for value in head.every("set-cookie"))
    return tuple(dict.fromkeys(name for name in names if name))


def _inflated(body: bytes, encodings: tuple[str, ...]) -> tuple[bytes, bool]:
    """The body without gzip or deflate, and whether it is complete; what is not compressed stays as it came."""
    names = [name.strip().lower() for value in encodings for name in value.split(",") if name.strip()]
    complete = True
    for name in reversed(names[-2:]):
        if body.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<"):
            break  # called compressed, but a page as it stands
        if name not in _WINDOWS:
            break
        for window in _WINDOWS[name]:
            inflated, ended = _inflate(body, window)
            if inflated:
                body, complete = inflated, complete and ended
                break
    return body, complete


def _inflate(data: bytes, window: int) -> tuple[bytes, bool]:
    decompressor = zlib.decompressobj(window)
    pieces: list[bytes] = []
    length = 0
    try:
        for at in range(0, len(data), 4_096):
            piece = decompressor.decompress(data[at : at + 4_096], MAX_INFLATED_BYTES - length)
            pieces.append(piece)
            length += len(piece)
            if decompressor.eof or length >= MAX_INFLATED_BYTES or decompressor.unconsumed_tail:
                break
    except zlib.error:
        pass
    return b"".join(pieces), decompressor.eof
