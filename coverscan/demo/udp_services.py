"""Discovery services of emulated devices: what each datagram is answered with, and the sockets that do it."""

from __future__ import annotations

import asyncio
import datetime
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable
from typing import cast

from coverscan.demo.device_services import Dhip, DvripSearch, Sadp, Ssdp, UdpService, WsDiscovery
from coverscan.demo.http_service import Clock
from coverscan.demo.journal import Journal
from coverscan.demo.placeholders import Values, fill
from coverscan.demo.tcp_listener import Endpoint

Answers = Callable[[bytes], Iterable[bytes]]
"""The datagrams that one datagram is answered with."""

_MAX_DATAGRAM = 8_192


def answers_of(service: UdpService, values: Values, clock: Clock) -> Answers:
    """What a UDP service answers; ``values`` fill the placeholders besides those of the request."""

    def answers(data: bytes) -> Iterable[bytes]:
        now = clock()
        if service.sadp is not None:
            return sadp_answers(service.sadp, data, values, now)
        if service.dhip is not None:
            return dhip_answers(service.dhip, data, values, now)
        if service.dvrip_search is not None:
            return dvrip_search_answers(service.dvrip_search, data, values, now)
        if service.ws_discovery is not None:
            return ws_discovery_answers(service.ws_discovery, data, values, now)
        if service.ssdp is not None:
            return ssdp_answers(service.ssdp, data, values, now)
        return ()

    return answers


def sadp_answers(sadp: Sadp, data: bytes, values: Values, now: datetime.datetime) -> list[bytes]:
    """The reply to a Hikvision inquiry, with the inquiry's own Uuid and Types."""
    text = data[:_MAX_DATAGRAM].decode("utf-8", "replace")
    asked = re.search(r"<Types>\s*(\w{1,40})\s*</Types>", text)
    uuid = re.search(r"<Uuid>\s*([0-9A-Za-z-]{1,64})\s*</Uuid>", text)
    if asked is None or asked[1] not in sadp.types:
        return []
    reply = fill(sadp.reply, {**values, "uuid": uuid[1] if uuid else ""}, now)
    return [reply.replace("<Types>inquiry</Types>", f"<Types>{asked[1]}</Types>").encode("utf-8")]


def dhip_answers(dhip: Dhip, data: bytes, values: Values, now: datetime.datetime) -> list[bytes]:
    """The reply to a Dahua search: a header of 32 bytes (little endian) and the JSON text."""
    if not _is_dhip_search(data) and not (dhip.answers_any_byte and len(data) == 1 and data != b"\0"):
        return []
    body = (fill(dhip.reply, values, now) + dhip.tail).encode("utf-8")
    return [struct.pack("<I4sIIIIII", 0x20, b"DHIP", 0, 0, len(body), 0, len(body), 0) + body]


def _is_dhip_search(data: bytes) -> bool:
    if data[:8] != b"\x20\0\0\0DHIP":
        return False
    try:
        asked = json.loads(data[32:_MAX_DATAGRAM].rstrip(b"\r\n\0"))
    except (ValueError, RecursionError):
        return False
    return isinstance(asked, dict) and asked.get("method") == "DHDiscover.search"


def dvrip_search_answers(search: DvripSearch, data: bytes, values: Values, now: datetime.datetime) -> list[bytes]:
    """The reply to Dahua's older search: 120 bytes, then MAC and model, then lines of text."""
    if len(data) != 32 or data[:2] != b"\xa3\x01":
        return []
    host_name, model, mac, serial = (
        fill(text, values, now).encode("ascii")
        for text in (search.host_name, search.model, search.mac, search.serial)
    )
    second = mac + model
    third = b"Name:%b\r\nDevice:%b\r\nIPv6Addr:;gateway:\r\n\r\nSerialNo:%b\r\n\r\n" % (host_name, model, serial)
    first = bytearray(120)
    struct.pack_into("<BBBBI", first, 0, 0xB3, 0, len(second), 0, 0x58)
    struct.pack_into("<IH", first, 16, 2, len(third))
    first[40:56] = host_name[:16].ljust(16, b"\0")
    first[56:60] = socket.inet_aton(values["address"])
    first[60:64] = socket.inet_aton("255.255.255.0")
    struct.pack_into("<HHHHHH", first, 94, search.http_port, 443, search.tcp_port, 10, 0, 37778)
    first[108:112] = socket.inet_aton("239.255.42.42")
    struct.pack_into("<H", first, 112, 36666)
    return [bytes(first) + second + third]


def ws_discovery_answers(service: WsDiscovery, data: bytes, values: Values, now: datetime.datetime) -> list[bytes]:
    """The reply to a WS-Discovery Probe, with the Probe's MessageID."""
    text = data[:_MAX_DATAGRAM].decode("utf-8", "replace")
    action = _element(text, "Action")
    if action is None or not action.endswith("/discovery/Probe"):
        return []
    if service.one_line_only and "\n" in text.strip():
        return []
    asked = {name.rpartition(":")[2] for name in (_element(text, "Types") or "").split()}
    if asked and not asked & set(service.types):
        return []
    return [fill(service.reply, {**values, "message_id": _element(text, "MessageID") or ""}, now).encode()]


def _element(text: str, name: str) -> str | None:
    match = re.search(rf"<(?:[\w.-]{{1,40}}:)?{name}(?:\s[^>]{{0,1000}})?>\s*([^<]{{0,2000}}?)\s*<", text)
    return match[1] if match else None


def ssdp_answers(ssdp: Ssdp, data: bytes, values: Values, now: datetime.datetime) -> list[bytes]:
    """The reply to an M-SEARCH for everything or for one of the device's targets."""
    text = data[:_MAX_DATAGRAM].decode("latin-1")
    target = re.search(r"^ST:[ \t]*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    if not text.startswith("M-SEARCH ") or target is None:
        return []
    matching = [known for known in ssdp.targets if target[1] in (known, "ssdp:all")]
    return [
        "".join(fill(f"{line}\r\n", {**values, "search_target": known}, now) for line in (*ssdp.head, "")).encode()
        for known in matching
    ]


def bound_datagram_socket(address: str, port: int) -> socket.socket:
    """A non-blocking UDP socket; raises ``OSError``.

    The address may be shared: a scanner on this machine binds the same port on all addresses, to receive what
    is sent to a fixed port; the kernel hands each datagram to the most specific socket.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class UdpListener(asyncio.DatagramProtocol):
    """Serves one UDP port with ``answers`` until ``stop``."""

    def __init__(self, endpoint: Endpoint, journal: Journal, answers: Answers) -> None:
        self._endpoint = endpoint
        self._journal = journal
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that is used (also where 0 was asked for)."""
        name = self._transport.get_extra_info("sockname") if self._transport is not None else None
        return int(name[1]) if name else self._endpoint.port

    async def start(self) -> None:
        """Bind and begin to answer; raises ``OSError``."""
        sock = bound_datagram_socket(*self._endpoint.where)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)

    async def stop(self) -> None:
        """Close the port and wait until it is closed."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # by type it is none on Python 3.11

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed (called by asyncio)."""
        self._closed.set()

    def error_received(self, exc: Exception) -> None:
        """A peer that does not take the answer is no concern of a device."""

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        """Note the datagram and answer it (called by asyncio)."""
        self.note(data, addr)
        if self._transport is not None:
            for answer in self.answers_to(data):
                self._transport.sendto(answer, addr)

    def note(self, data: bytes, addr: tuple[object, ...]) -> None:
        """Write a datagram into the journal."""
        end = self._endpoint
        where = (end.address, self.port)
        self._journal.datagram(end.device, end.service, end.touch, where, f"{addr[0]}:{addr[1]}", data)

    def answers_to(self, data: bytes) -> Iterable[bytes]:
        """The datagrams that ``data`` is answered with."""
        return self._answers(data)
