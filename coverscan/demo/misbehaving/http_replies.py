"""Misbehaviours of web servers: redirects, lengths, chunks, heads, compressed and nested bodies, hostile text."""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial

from coverscan.demo.http_service import read_head
from coverscan.demo.misbehaving.behaviour import Behaviour
from coverscan.demo.misbehaving.hostile_text import ALL, LONG_LINE
from coverscan.demo.tcp_listener import Handler

Answer = Callable[[str], Iterator[bytes]]
"""Pieces of an answer to a request for a path."""

PUBLIC_ADDRESS = "203.0.113.80"
"""Where the redirect to a public address points: an address of documentation that nobody has."""

_TARGET = re.compile(rb"^\S+ +(\S+)")
_ZEROS = bytes(10 << 20)
_NOTHING = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


def _http(answer: Answer) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader, 16_384)
        if not head:
            return
        match = _TARGET.match(head)
        for piece in answer(match[1].decode("latin-1") if match else "/"):
            writer.write(piece)
            await writer.drain()

    return serve


def _redirect(path: str, *, location: Callable[[str], str]) -> Iterator[bytes]:
    yield f"HTTP/1.1 302 Found\r\nLocation: {location(path)}\r\n".encode() + _NOTHING


def _with_length(path: str, *, lengths: tuple[bytes, ...]) -> Iterator[bytes]:
    lines = b"".join(b"Content-Length: %b\r\n" % length for length in lengths)
    yield (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + lines + b"Connection: close\r\n\r\n<title>ten</title>"
    )


def _chunked(path: str, *, chunks: bytes) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks


def _with_head(path: str, *, lines: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from lines()
    yield b"\r\n<title>end</title>"


def _many_headers() -> Iterator[bytes]:
    for first in range(0, 100_000, 1_000):
        yield b"".join(b"X-%d: y\r\n" % number for number in range(first, first + 1_000))


def _one_huge_header() -> Iterator[bytes]:
    yield b"X-Huge: "
    for _ in range(100):
        yield LONG_LINE
    yield b"\r\n"


def _deflate_blocks() -> Iterator[bytes]:
    """10 GB of zeros as a raw deflate stream of 10 MB: one compressed block, repeated."""
    block = _deflated_zeros()
    for _ in range(1_000):
        yield block
    yield b"\x03\x00"


@cache
def _deflated_zeros() -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(_ZEROS) + compressor.flush(zlib.Z_FULL_FLUSH)


_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def _gzip_bomb(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + _GZIP_HEAD
    yield from _deflate_blocks()


def _deflate_bomb(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nConnection: close\r\n\r\n"
    yield from _deflate_blocks()


def _nested_gzip_bomb(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nConnection: close\r\n\r\n"
    yield gzip.compress(_GZIP_HEAD + b"".join(_deflate_blocks()))


def _soap(inner: bytes, before: bytes = b"") -> bytes:
    return (
        b'<?xml version="1.0"?>' + before + b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetDeviceInformationResponse>'
        b"<tds:Manufacturer>"
        + inner
        + b"</tds:Manufacturer></tds:GetDeviceInformationResponse></s:Body></s:Envelope>"
    )


BILLION_LAUGHS = (
    b'<!DOCTYPE b [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%b">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 11))
    + b"]>"
)
EXTERNAL_ENTITY = b'<!DOCTYPE b [<!ENTITY a10 SYSTEM "file:///etc/passwd">]>'


def _xml(path: str, *, body: Callable[[], bytes]) -> Iterator[bytes]:
    text = body()
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: %d\r\n" % len(text)
    yield b"Connection: close\r\n\r\n" + text


def _json(path: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    yield b'{"a":1e999999,"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _hostile(path: str) -> Iterator[bytes]:
    quoted = ALL.replace(b'"', b"")
    body = b"<html><head><title>" + ALL.replace(b"<", b"&lt;") + b"</title></head><body>" + ALL + b"</body></html>"
    yield b'HTTP/1.1 401 %b\r\nServer: %b\r\nWWW-Authenticate: Digest realm="%b", nonce="%b"\r\n' % (
        ALL,
        ALL,
        quoted,
        quoted,
    )
    yield b"Set-Cookie: %b=1\r\nLocation: javascript:alert(1)\r\nContent-Type: text/html\r\n" % quoted
    yield b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


def _clock_unset(path: str) -> Iterator[bytes]:
    # Seen in a published capture of a device whose clock was never set (Ullaakut/cameradar issue 181).
    yield b"HTTP/1.1 200 OK\r\nDate: Week 4, 1 Mon0 0070 22:12:16 GMT\r\n" + _NOTHING


def _behaviour(name: str, does: str, answer: Answer) -> Behaviour:
    return Behaviour(name=name, does=does, serve=_http(answer))


def _redirects() -> Iterator[Behaviour]:
    places: dict[str, tuple[str, Callable[[str], str]]] = {
        "self": ("to itself", lambda path: path),
        "pair": ("from a to b and back", lambda path: "/a" if path == "/b" else "/b"),
        "growing": ("to an ever longer path", lambda path: f"{path}x"),
        "public": ("to a public address", lambda path: f"http://{PUBLIC_ADDRESS}/"),
        "file": ("to a file", lambda path: "file:///etc/passwd"),
        "ssh": ("to the SSH port of another loopback address", lambda path: "http://127.0.0.99:22/"),
    }
    for name, (where, location) in places.items():
        yield _behaviour(f"redirect-{name}", f"redirects {where}", partial(_redirect, location=location))


def _lengths() -> Iterator[Behaviour]:
    lengths: dict[str, tuple[bytes, ...]] = {
        "too-big": (b"190",),
        "too-small": (b"7",),
        "negative": (b"-3",),
        "huge": (b"99999999999999999999",),
        "two": (b"18", b"180"),
        "plus": (b"+18",),
        "hex": (b"0x12",),
        "empty": (b"",),
    }
    for name, values in lengths.items():
        shown = ", ".join(value.decode() for value in values) or "nothing"
        yield _behaviour(f"length-{name}", f"gives {shown} as length", partial(_with_length, lengths=values))


def _bad_chunks() -> Iterator[Behaviour]:
    kinds = {
        "size": b"zz\r\n<title>x</title>\r\n0\r\n\r\n",
        "overflow": b"FFFFFFFFFFFFFFFF\r\n<title>x</title>\r\n",
        "negative": b"-5\r\n<title>x</title>\r\n",
        "unfinished": b"10\r\n<title>x</title>",
        "no-line-end": b"10<title>x</title>0",
    }
    for name, chunks in kinds.items():
        yield _behaviour(f"chunk-{name}", "sends broken chunks", partial(_chunked, chunks=chunks))


def _heads() -> Iterator[Behaviour]:
    heads: dict[str, Callable[[], Iterator[bytes]]] = {
        "many-headers": _many_headers,
        "huge-header": _one_huge_header,
        "folded-header": lambda: iter((b"Server: a\r\n" + b" b\r\n\tc\r\n" * 1_000,)),
        "nul-header": lambda: iter((b"Server: a\0b\r\n\0\0: c\r\n",)),
        "bare-cr-header": lambda: iter((b"Server: a\rX-Injected: b\r\n",)),
        "no-colon-header": lambda: iter((b"Server a\r\n: b\r\n=\r\n",)),
        "many-cookies": lambda: iter((b"".join(b"Set-Cookie: c%d=1\r\n" % n for n in range(1_000)),)),
    }
    for name, lines in heads.items():
        yield _behaviour(name, f"sends a head with {name.replace('-', ' ')}", partial(_with_head, lines=lines))


def _xml_bombs() -> Iterator[Behaviour]:
    bombs: dict[str, Callable[[], bytes]] = {
        "entities": lambda: _soap(b"&a10;", BILLION_LAUGHS),
        "external": lambda: _soap(b"&a10;", EXTERNAL_ENTITY),
        "nested": lambda: _soap(b"<a>" * 50_000 + b"</a>" * 50_000),
        "attribute": lambda: _soap(b'<a b="' + LONG_LINE * 10 + b'"/>'),
    }
    for name, body in bombs.items():
        yield _behaviour(f"xml-{name}", "answers with XML that explodes", partial(_xml, body=body))


HTTP_BEHAVIOURS = (
    *_redirects(),
    *_lengths(),
    *_bad_chunks(),
    *_heads(),
    _behaviour("gzip-bomb", "sends 10 GB as 10 MB of gzip, unasked", _gzip_bomb),
    _behaviour("gzip-bomb-nested", "sends 10 GB as some kB of gzip in gzip", _nested_gzip_bomb),
    _behaviour("deflate-bomb", "sends 10 GB as 10 MB of deflate, unasked", _deflate_bomb),
    *_xml_bombs(),
    _behaviour("json-nested", "answers with JSON nested 100,000 deep", _json),
    _behaviour("banner-hostile", "puts hostile text into every field of a reply", _hostile),
    _behaviour("clock-unset", "gives a date that is none", _clock_unset),
)
