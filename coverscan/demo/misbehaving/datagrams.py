"""Misbehaviours of UDP discovery services: floods, bombs, lies about lengths and addresses, hostile text."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable, Iterator

from coverscan.demo.misbehaving.behaviour import Behaviour
from coverscan.demo.misbehaving.hostile_text import ALL, READABLE
from coverscan.demo.misbehaving.http_replies import BILLION_LAUGHS, EXTERNAL_ENTITY
from coverscan.demo.udp_services import Answers, UdpListener

FLOOD = 10_000
"""Datagrams that a flood answers one with."""

_MAX_FLOODS = 50
_FORGED_SOURCES = 1_000
_IMPOSTOR_MAC = "c0-56-e3-00-00-01"


def _dhip(body: bytes, said: int | None = None) -> bytes:
    length = len(body) if said is None else said
    return struct.pack("<I4sIIIIII", 0x20, b"DHIP", 0, 0, length, 0, length, 0) + body


def _device_info(**fields: object) -> bytes:
    message = {"mac": "3c:ef:8c:00:00:01", "method": "client.notifyDevInfo", "params": {"deviceInfo": fields}}
    return json.dumps(message).encode()


def _sadp(inner: bytes, before: bytes = b"") -> bytes:
    head = b'<?xml version="1.0" encoding="UTF-8"?>' + before
    return head + b"<ProbeMatch><Types>inquiry</Types>" + inner + b"</ProbeMatch>"


def _probe_match(scopes: bytes, relates_to: bytes) -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        b'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:RelatesTo>'
        + relates_to
        + b"</w:RelatesTo>"
        b"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</w:Action></e:Header><e:Body>"
        b"<d:ProbeMatches><d:ProbeMatch><w:EndpointReference><w:Address>"
        + scopes
        + b"</w:Address></w:EndpointReference>"
        b"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>"
        + scopes
        + b"</d:Scopes><d:XAddrs>"
        + scopes
        + b"</d:XAddrs>"
        b"</d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    )


def _message_id(data: bytes) -> bytes:
    match = re.search(rb"MessageID[^>]{0,500}>\s*([^<]{0,200})<", data)
    return match[1] if match else b""


def _hostile_sadp(data: bytes) -> Iterable[bytes]:
    fields = (
        b"DeviceDescription",
        b"DeviceSN",
        b"SoftwareVersion",
        b"MAC",
        b"IPv4Address",
        b"OEMInfo",
        b"Activated",
    )
    # Unescaped, as careless firmware does: the parser must survive it.
    yield _sadp(b"".join(b"<%b>%b</%b>" % (name, ALL, name) for name in fields))
    escaped = ALL.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    yield _sadp(b"".join(b"<%b>%b</%b>" % (name, escaped, name) for name in fields))


def _hostile_dhip(data: bytes) -> Iterable[bytes]:
    fields = ("MachineName", "SerialNo", "DeviceType", "DeviceClass", "Vendor", "Version", "Manufacturer")
    yield _dhip(_device_info(**dict.fromkeys(fields, READABLE), HttpPort=READABLE, Init="\ud800"))
    yield _dhip(b'{"method":"client.notifyDevInfo","mac":"' + ALL.replace(b'"', b"") + b'"}')


def _hostile_ws_discovery(data: bytes) -> Iterable[bytes]:
    escaped = ALL.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
    yield _probe_match(b"onvif://www.onvif.org/name/" + escaped, _message_id(data))
    yield _probe_match(b"onvif://www.onvif.org/hardware/" + ALL, _message_id(data))


def _hostile_ssdp(data: bytes) -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\nSERVER: %b\r\nUSN: %b\r\nST: %b\r\nLOCATION: %b\r\n\r\n" % (ALL, ALL, ALL, ALL)


def _xml_bombs(data: bytes) -> Iterable[bytes]:
    yield _sadp(b"<DeviceDescription>&a10;</DeviceDescription>", BILLION_LAUGHS)
    yield _sadp(b"<DeviceDescription>&a10;</DeviceDescription>", EXTERNAL_ENTITY)
    yield _sadp(b"<a>" * 8_000 + b"</a>" * 8_000)
    yield _sadp(b'<a b="' + b"A" * 60_000 + b'"/>')


def _json_bombs(data: bytes) -> Iterable[bytes]:
    yield _dhip(b'{"params":' + b"[" * 30_000 + b"]" * 30_000 + b"}")
    yield _dhip(b'{"method":"client.notifyDevInfo","method":"x","params":{"deviceInfo":{"Init":1e999999}}}')
    yield _dhip(_device_info(Vendor="Dahua"), said=0xFFFFFFFF)
    yield _dhip(_device_info(Vendor="Dahua"), said=60_000)
    yield _dhip(b'{"params":{"deviceInfo":{"Init":' + b"9" * 50_000 + b"}}}")
    yield b"\x20\0\0\0DHIP"


def _flood(address: str) -> Answers:
    remaining = _MAX_FLOODS

    def answers(data: bytes) -> Iterable[bytes]:
        nonlocal remaining
        remaining -= 1
        return (
            _dhip(_device_info(Vendor="flood", SerialNo=str(number))) for number in range(FLOOD * (remaining >= 0))
        )

    return answers


def _impostor(address: str) -> Answers:
    first, _, last = address.rpartition(".")
    neighbour = f"{first}.{int(last) % 254 + 1}"

    def answers(data: bytes) -> Iterator[bytes]:
        yield _sadp(
            b"<DeviceDescription>DS-2CD2032-I</DeviceDescription><MAC>%b</MAC><IPv4Address>%b</IPv4Address>"
            % (_IMPOSTOR_MAC.encode(), neighbour.encode())
        )

    return answers


def _echo(data: bytes) -> Iterable[bytes]:
    yield data


class ManySourceFlood(UdpListener):
    """A flood whose datagrams come from many addresses; from its own where no other can be bound."""

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        """Note the datagram and flood its sender (called by asyncio)."""
        host, port = str(addr[0]), addr[1]
        self.note(data, addr)
        for number in range(_FORGED_SOURCES):
            source = f"127.99.{number // 250}.{number % 250 + 1}"
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((source, 0))
                for answer in self.answers_to(data):
                    sock.sendto(answer, (host, port))


def _same(answers: Callable[[bytes], Iterable[bytes]]) -> Callable[[str], Answers]:
    return lambda address: answers


def _one_match(data: bytes) -> Iterable[bytes]:
    yield _probe_match(b"onvif://www.onvif.org/name/forged", _message_id(data))


DATAGRAM_BEHAVIOURS = (
    Behaviour(name="sadp-hostile", does="puts hostile text into a SADP reply", answers=_same(_hostile_sadp)),
    Behaviour(name="dhip-hostile", does="puts hostile text into a DHIP reply", answers=_same(_hostile_dhip)),
    Behaviour(
        name="ws-discovery-hostile",
        does="puts hostile text into a WS-Discovery reply",
        answers=_same(_hostile_ws_discovery),
    ),
    Behaviour(name="ssdp-hostile", does="puts hostile text into an SSDP reply", answers=_same(_hostile_ssdp)),
    Behaviour(name="xml-bomb", does="answers with XML that explodes", answers=_same(_xml_bombs)),
    Behaviour(name="json-bomb", does="answers with JSON that explodes or lies", answers=_same(_json_bombs)),
    Behaviour(name="udp-echo", does="sends every datagram back", answers=_same(_echo)),
    Behaviour(name="udp-flood", does="answers one datagram with 10,000", answers=_flood),
    Behaviour(
        name="udp-forged-flood",
        does="answers one datagram from 1,000 addresses",
        answers=_same(_one_match),
        many_sources=True,
    ),
    Behaviour(name="udp-impostor", does="claims to be its neighbour", answers=_impostor),
)
