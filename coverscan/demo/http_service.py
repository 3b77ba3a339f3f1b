"""The web server of an emulated device: reads requests, answers with the pages of its file, byte for byte."""

from __future__ import annotations

import asyncio
import datetime
import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from coverscan.demo.device_services import Http, Page, Reply
from coverscan.demo.placeholders import Values, fill
from coverscan.demo.tcp_listener import Handler

MAX_REQUEST_HEAD = 16_384
MAX_REQUEST_BODY = 65_536
_IDLE_SECONDS = 30.0
_UNANSWERED_SECONDS = 8.0
_REQUEST_LINE = re.compile(rb"^([A-Za-z-]{1,32}) +(\S+) +HTTP/(1\.[01])[ \t]*$")
_ABSOLUTE = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)

Clock = Callable[[], datetime.datetime]


class Request(NamedTuple):
    """One parsed request; ``version`` is 1.0 or 1.1, header names are lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        """Whether the client asks to go on with this connection."""
        wish = self.headers.get("connection", "").lower()
        return "keep-alive" in wish if self.version == "1.0" else "close" not in wish


def http_handler(http: Http, values: Values, clock: Clock) -> Handler:
    """The handler of a web server; ``values`` fill the placeholders besides those of the request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await read_head(reader, MAX_REQUEST_HEAD)
            if not head:
                return
            if http.needs_crlf and b"\r\n" not in head:
                await asyncio.sleep(_UNANSWERED_SECONDS)
                return
            request = await _request(head, reader)
            if request is None:
                if http.bad_request is not None:
                    writer.write(render(http.bad_request, dict(values, http_version="HTTP/1.1"), clock()))
                    await writer.drain()
                return
            answer, goes_on = _answer(http, request, values, clock())
            writer.write(answer)
            await writer.drain()
            if not goes_on:
                return

    return serve


async def read_head(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Bytes up to and including the empty line that ends a head (CRLF or bare LF); empty at the end.

    A head that is too long, or not finished when the client stops sending, is returned as far as it came, and so
    is what begins as no request can (a TLS greeting on a plain port): nothing is waited for then.
    """
    async with asyncio.timeout(_IDLE_SECONDS):
        head = bytearray(await reader.read(1))
        if not head.isalpha() and bytes(head) not in (b"\r", b"\n"):
            return bytes(head)
        while len(head) < max_bytes:
            line = await _line(reader, max_bytes - len(head))
            head += line
            if not line or (line in (b"\r\n", b"\n") and head.strip() and head.endswith((b"\n\r\n", b"\n\n"))):
                break
    return bytes(head)


async def _line(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        line = error.partial
    except asyncio.LimitOverrunError as error:
        line = await reader.read(max(error.consumed, 1))
    return line[:max_bytes]


async def _request(head: bytes, reader: asyncio.StreamReader) -> Request | None:
    lines = head.lstrip(b"\r\n").splitlines()
    match = _REQUEST_LINE.match(lines[0]) if lines else None
    if match is None:
        return None
    headers = header_fields(lines[1:])
    length = headers.get("content-length", "0")
    size = min(int(length), MAX_REQUEST_BODY) if length.isdecimal() else 0
    async with asyncio.timeout(_IDLE_SECONDS):
        body = await reader.readexactly(size) if size else b""
    return Request(match[1].decode(), match[2].decode("latin-1"), match[3].decode(), headers, body)


def header_fields(lines: list[bytes]) -> dict[str, str]:
    """Header lines as lower-case name and value; what is no header line is left out."""
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields


def _answer(http: Http, request: Request, values: Values, now: datetime.datetime) -> tuple[bytes, bool]:
    reply = _page(http, request) or http.not_found
    wishes = {
        "http_version": f"HTTP/{request.version}",
        "connection": "keep-alive" if request.keeps_alive else "close",
    }
    answer = render(reply, {**values, **wishes}, now, with_body=request.method != "HEAD")
    head = answer.partition(b"\r\n\r\n")[0].lower()
    says_close = re.search(rb"^connection:[ \t]*close", head, re.MULTILINE) is not None
    has_length = b"\r\ncontent-length:" in head or request.method == "HEAD"
    return answer, request.keeps_alive and has_length and not says_close


def _page(http: Http, request: Request) -> Page | None:
    target = _ABSOLUTE.sub("", request.target) or "/"
    path = target.partition("?")[0]
    body = request.body.decode("utf-8", "replace")
    method = "GET" if request.method == "HEAD" else request.method
    for page in http.pages:
        wanted = target if "?" in page.path else path
        if page.method == method and page.path == wanted and (page.contains is None or page.contains in body):
            return page
    return None


def render(reply: Reply, values: Values, now: datetime.datetime, *, with_body: bool = True) -> bytes:
    """The bytes of a reply; ``{content_length}`` and ``{content_length_hex}`` are those of its body."""
    body = _body(reply, values, now)
    sized = {**values, "content_length": str(len(body)), "content_length_hex": f"{len(body):x}"}
    closing = values.get("connection") == "close"
    lines = [
        fill(line, sized, now)
        for line in reply.head
        # A server states its keep-alive limits only on a connection that it keeps.
        if not (closing and line.lower().startswith("keep-alive:"))
    ]
    head = "".join(f"{line}\r\n" for line in lines) + "\r\n"
    return head.encode("utf-8") + (body if with_body else b"")


def _body(reply: Reply, values: Values, now: datetime.datetime) -> bytes:
    if reply.icon:
        return icon(values.get("address", ""))
    text = fill(reply.body, values, now)
    if reply.body_line_end == "crlf":
        text = text.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if reply.bom else b"") + text.encode("utf-8")


def icon(seed: str) -> bytes:
    """A plain 16 × 16 picture in ICO form (1,150 bytes), its colour drawn from ``seed``: no maker's icon."""
    red, green, blue = (sum(seed.encode()) * factor % 256 for factor in (37, 59, 83))
    bitmap = struct.pack("<IiiHHIIiiII", 40, 16, 32, 1, 32, 0, 1_088, 0, 0, 0, 0)
    bitmap += bytes((blue, green, red, 255)) * 256 + bytes(64)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(bitmap), 22) + bitmap
