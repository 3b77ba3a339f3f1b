"""Misbehaviours of TLS services: broken handshakes, monstrous certificates, versions that are no longer built.

The old ones are written record by record up to the certificate, which TLS 1.2 and before show in clear: the
OpenSSL of today cannot speak them.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import ssl
from collections.abc import Callable, Iterator
from functools import cache, partial

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from coverscan.demo.misbehaving.behaviour import MAX_SECONDS, Behaviour
from coverscan.demo.misbehaving.hostile_text import FORMULA, RIGHT_TO_LEFT, TERMINAL
from coverscan.demo.tcp_listener import Handler
from coverscan.demo.tls_service import certificate, context_for

_HANDSHAKE, _ALERT, _HEARTBEAT = 22, 21, 24
_TLS_1_0 = b"\x03\x01"
_RC4_MD5 = b"\x00\x04"
_MAX_RECORD = 16_384
_MAX_MESSAGE = (1 << 24) - 1


def _record(kind: int, payload: bytes, size: int = _MAX_RECORD, version: bytes = _TLS_1_0) -> Iterator[bytes]:
    for start in range(0, len(payload), size):
        piece = payload[start : start + size]
        yield bytes((kind,)) + version + len(piece).to_bytes(2, "big") + piece


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def _server_hello(version: bytes = _TLS_1_0) -> bytes:
    return _message(2, version + os.urandom(32) + b"\0" + _RC4_MD5 + b"\0")


def _certificates(chain: list[bytes]) -> bytes:
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    return _message(11, len(listed).to_bytes(3, "big") + listed)


@cache
def _device_der() -> bytes:
    return certificate("CN=old device,O=Example").public_bytes(Encoding.DER)


def _rc4_handshake() -> bytes:
    return _server_hello() + _certificates([_device_der()]) + _message(14, b"")


def _rc4_only() -> Iterator[bytes]:
    return _record(_HANDSHAKE, _rc4_handshake())


def _byte_fragments() -> Iterator[bytes]:
    return _record(_HANDSHAKE, _rc4_handshake(), size=1)


def _unknown_version() -> Iterator[bytes]:
    return _record(_HANDSHAKE, _server_hello(b"\x03\x7f"), version=b"\x03\x7f")


def _big_certificate() -> Iterator[bytes]:
    return _record(_HANDSHAKE, _server_hello() + _certificates([b"\x30\x84" + bytes(_MAX_MESSAGE - 8)]))


def _long_chain() -> Iterator[bytes]:
    return _record(_HANDSHAKE, _server_hello() + _certificates([_device_der()] * 1_000))


def _garbage() -> Iterator[bytes]:
    yield os.urandom(65_536)


def _plain_http() -> Iterator[bytes]:
    yield b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\nplain HTTP only"


def _one_byte() -> Iterator[bytes]:
    yield b"\x16"


def _alert() -> Iterator[bytes]:
    return _record(_ALERT, b"\x01\x5a")  # a warning that ends nothing: user_canceled


def _heartbeats() -> Iterator[bytes]:
    for _ in range(10_000):
        yield from _record(_HEARTBEAT, b"\x01\x40\x00" + b"x" * 16)


def _raw(pieces: Callable[[], Iterator[bytes]]) -> Handler:
    """Wait for the ClientHello, send ``pieces``, then be silent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await reader.read(65_536):
            return
        for piece in pieces():
            writer.write(piece)
            await writer.drain()
        while await reader.read(65_536):
            pass

    return serve


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """After a handshake that succeeded: answer a request briefly."""
    async with asyncio.timeout(MAX_SECONDS):
        if await reader.read(65_536):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()


def _tls_1_0() -> ssl.SSLContext:
    return context_for((certificate("CN=old device,O=Example"),), ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)


def _expired() -> ssl.SSLContext:
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    shown = certificate("CN=expired", not_before=start, not_after=start + datetime.timedelta(days=1))
    return context_for((shown,))


def _hostile_name() -> ssl.SSLContext:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, FORMULA.decode()),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, (TERMINAL + RIGHT_TO_LEFT).decode()),
            x509.NameAttribute(NameOID.COMMON_NAME, "<script>alert(1)</script>"),
        ]
    )
    return context_for((certificate(name, names=("<script>alert(1)</script>.example",)),))


def _many_names() -> ssl.SSLContext:
    return context_for((certificate("CN=many", names=(f"{number}.example" for number in range(10_000))),))


def _broken(name: str, does: str, pieces: Callable[[], Iterator[bytes]]) -> Behaviour:
    return Behaviour(name=name, does=does, serve=_raw(pieces))


def _odd(name: str, does: str, context: Callable[[], ssl.SSLContext]) -> Behaviour:
    return Behaviour(name=name, does=does, serve=_silent, tls=partial(context))


TLS_BEHAVIOURS = (
    _broken("tls-garbage", "answers a ClientHello with random bytes", _garbage),
    _broken("tls-plain-http", "answers a ClientHello with plain HTTP", _plain_http),
    _broken("tls-one-byte", "answers a ClientHello with one byte", _one_byte),
    _broken("tls-unknown-version", "chooses a version that does not exist", _unknown_version),
    _broken("tls-rc4-only", "speaks TLS 1.0 with RC4 and MD5 only", _rc4_only),
    _broken("tls-byte-fragments", "cuts its handshake into records of one byte", _byte_fragments),
    _broken("tls-big-certificate", "shows a certificate of 16 MB", _big_certificate),
    _broken("tls-long-chain", "shows a chain of 1,000 certificates", _long_chain),
    _broken("tls-alert", "sends a warning and is silent", _alert),
    _broken("tls-heartbeats", "answers a ClientHello with heartbeats", _heartbeats),
    _odd("tls-1.0", "speaks TLS 1.0 only", _tls_1_0),
    _odd("tls-expired", "shows a certificate that ended in 1970", _expired),
    _odd("tls-hostile-name", "shows a certificate with hostile names", _hostile_name),
    _odd("tls-many-names", "shows a certificate with 10,000 names", _many_names),
)
