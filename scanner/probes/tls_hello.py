"""A TLS handshake in clear, as far as the certificate: for servers that our TLS library no longer speaks to.

Up to TLS 1.2 the server's hello and certificate travel before any key exchange, so that a hand-made ClientHello
and a reader of records learn version, cipher suite and certificate from servers that know only SSL 3.0, RC4 or
DES. Nothing is computed and nothing is decrypted; the connection is closed before a key would be needed.
Sources: RFC 5246 (records, hello, certificate), RFC 6101 (SSL 3.0), the IANA registry of cipher suites.
"""

from __future__ import annotations

import struct

TLS_1_2 = (3, 3)
SSL_3_0 = (3, 0)

_VERSION_NAMES = {(3, 0): "SSLv3", (3, 1): "TLSv1", (3, 2): "TLSv1.1", (3, 3): "TLSv1.2"}
# RSA with RC4, 3DES, DES, AES; then (EC)DHE with AES and 3DES; the export grades last.
_SUITES = (
    *(0x0004, 0x0005, 0x000A, 0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D, 0x0009),
    *(0xC02F, 0xC030, 0xC02B, 0xC02C, 0xC013, 0xC014, 0xC009, 0xC00A, 0xC011, 0xC012),
    *(0x0033, 0x0039, 0x0067, 0x006B, 0x009E, 0x009F, 0x0016, 0x0015, 0x0003, 0x0006, 0x0008),
)
_MAX_BYTES = 262_144
_MAX_CERTIFICATE = 65_536
_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _CERTIFICATE, _SERVER_HELLO_DONE = 2, 11, 14
_ALERT_NAMES = {
    10: "unexpected message",
    40: "handshake failure",
    42: "bad certificate",
    47: "illegal parameter",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    112: "unrecognized name",
}


def client_hello(random: bytes, version: tuple[int, int] = TLS_1_2) -> bytes:
    """A ClientHello without extensions, in one record; ``random`` is 32 bytes."""
    suites = b"".join(struct.pack(">H", suite) for suite in _SUITES)
    body = bytes(version) + random + b"\x00" + struct.pack(">H", len(suites)) + suites + b"\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    record_version = min(version, (3, 1))  # what implementations of all ages accept here
    return bytes((_HANDSHAKE, *record_version)) + struct.pack(">H", len(message)) + message


class ServerFlight:
    """Takes the server's records piece by piece, and knows what has been learnt from them."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._messages = bytearray()
        self.bytes_taken = 0
        self.start = b""
        """The first bytes, for a message."""
        self.version: str | None = None
        self.certificate: bytes | None = None
        self.problem: str | None = None
        """Why nothing more can be learnt; ``is_tls`` tells whether it was TLS at all."""
        self.is_tls = False

    def feed(self, piece: bytes) -> bool:
        """Take one piece; True when there is a certificate, or there will be none."""
        self.bytes_taken += len(piece)
        self.start = (self.start + piece[:64])[:64]
        self._records += piece
        while self.problem is None and self.certificate is None and self._take_record():
            pass
        if self.bytes_taken > _MAX_BYTES and self.problem is None and self.certificate is None:
            self.problem = "endless handshake"
        return self.problem is not None or self.certificate is not None

    def _take_record(self) -> bool:
        if len(self._records) < 5:
            if self._records and self._records[0] not in (_ALERT, _HANDSHAKE):
                self.problem = "not TLS"
            return False
        kind, major, _, length = struct.unpack(">BBBH", self._records[:5])
        if kind not in (_ALERT, _HANDSHAKE) or major != 3:
            self.problem = "not TLS" if not self.is_tls else f"record of type {kind}"
            return False
        self.is_tls = True
        if len(self._records) < 5 + length:
            return False
        content = bytes(self._records[5 : 5 + length])
        del self._records[: 5 + length]
        if kind == _ALERT:
            self._take_alert(content)
        else:
            self._messages += content
            self._take_messages()
        return True

    def _take_alert(self, content: bytes) -> None:
        if len(content) >= 2 and content[0] == 1 and content[1] == 112:
            return  # a warning that the name is not known: the server goes on
        number = content[1] if len(content) >= 2 else None
        self.problem = f"alert {number}: {_ALERT_NAMES.get(number or 0, 'other')}"

    def _take_messages(self) -> None:
        while self.problem is None and self.certificate is None and len(self._messages) >= 4:
            kind = self._messages[0]
            length = int.from_bytes(self._messages[1:4], "big")
            if kind == _CERTIFICATE and self._take_certificate(length):
                return
            if len(self._messages) < 4 + length:
                return
            if kind == _SERVER_HELLO:
                self._take_hello(bytes(self._messages[4 : 4 + length]))
            elif kind != _CERTIFICATE:
                self.problem = "the server shows no certificate"
            del self._messages[: 4 + length]

    def _take_hello(self, body: bytes) -> None:
        if len(body) < 2 or (body[0], body[1]) not in _VERSION_NAMES:
            self.problem = f"unknown version {body[:2].hex()}"
            return
        self.version = _VERSION_NAMES[body[0], body[1]]

    def _take_certificate(self, length: int) -> bool:
        """The first certificate of the list, without waiting for the rest of a long chain."""
        if len(self._messages) < 10:
            return False
        size = int.from_bytes(self._messages[7:10], "big")
        if size == 0 or size > _MAX_CERTIFICATE or size + 6 > length:
            self.problem = f"certificate of {size} bytes"
            return True
        if len(self._messages) < 10 + size:
            return False
        self.certificate = bytes(self._messages[10 : 10 + size])
        return True
