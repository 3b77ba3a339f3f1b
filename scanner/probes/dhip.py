"""DHIP: what a device of the Dahua platform says of itself in one datagram.

Port: 37810/udp, unicast. Sent: a header of 32 bytes (size, ``DHIP``, session, request, and the body's length
twice, little endian) and one of ::

    {"method":"DHDiscover.search","params":{"mac":"","uni":1}}
    {"method":"DHDiscover.search","params":{"mac":"","uni":0}}

the second with a line feed, as different tools send them. Never sent: another method, a login, or the single
bytes that some firmware answers as well.
The reply has such a header, of a length that varies, and JSON that ends in a line feed or NUL; its body is
hostile until read: nesting, lengths and numbers are bounded. ``Init`` has the value 2 in its two low bits on
every initialised device seen; 1 perhaps means factory state, which is not enough for a statement.
Sources: DahuaConsole, UniversalScanner, AMP-Research (captures 2017 to 2026).
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable

import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.character_sets import decode
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.reading import excerpt
from scanner.wire import ConversationFailed, Datagram, Network

PROBE = ProbeDescription(name="dhip", ports=(37810,), transport="udp", connections=0, packets=2)

_FIELDS = {
    "vendor": "dhip.vendor",
    "deviceclass": "dhip.device_class",
    "devicetype": "dhip.device_type",
    "serialno": "dhip.serial",
    "version": "dhip.version",
    "machinename": "dhip.machine_name",
    "httpport": "dhip.http_port",
    "port": "dhip.port",
}
_MAX_DEPTH = 16
_MAX_DIGITS = 18
_INITIALISED = 2
# The header's length may hold the byte of a brace, too.
_OBJECT = re.compile(rb"\{\s{0,16}\"")
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_MEMBER = re.compile(
    r'"([A-Za-z0-9]{1,32})"[ \t]{0,8}:[ \t]{0,8}(?:"([^"\\]{0,256}+)"|(-?[0-9]{1,18})(?![0-9.eE]))'
)


def request(uni: int) -> bytes:
    """One search; ``uni`` is 1 (asks for a unicast answer) or 0, with the line feed of the tool that sends it."""
    if uni not in (0, 1):
        raise ValueError("uni is 0 or 1")
    body = b'{"method":"DHDiscover.search","params":{"mac":"","uni":%d}}' % uni + (b"" if uni else b"\n")
    return struct.pack("<I4sIIIIII", 32, b"DHIP", 0, 0, len(body), 0, len(body), 0) + body


def parse(data: bytes) -> tuple[dict[str, FieldValue], bool]:
    """The ``dhip.*`` fields of a reply, and whether its JSON was whole; no fields where it is none. Total."""
    start = _OBJECT.search(data)
    if start is None:
        return {}, False
    text = decode(data[start.start() :], otherwise="gb18030")
    document = _document(text)
    if document is None:
        return _fields_of(_members(text)), False
    params = document.get("params")
    info = params.get("deviceInfo") if isinstance(params, dict) else None
    if not isinstance(info, dict):
        return {}, True
    fields = _fields_of({"mac": document.get("mac"), **info})
    details = json.dumps(info, ensure_ascii=False, separators=(",", ":"))
    return (bounded_fields({"dhip.details": details}) | fields, True) if fields else ({}, True)


async def ask(network: Network, ip: str, port: int = 37810, *, wait: float = 3.0) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``, told apart by MAC address or serial."""
    try:
        replies = await network.ask_udp(ip, port, (request(1), request(0)), wait=wait)
    except ConversationFailed as failure:
        return (_outcome(port, failure.status, detail=failure.detail),)
    if not replies:
        return (_outcome(port, Status.TIMED_OUT, detail="no reply"),)
    devices = _devices(port, replies)
    if devices:
        return devices
    detail = f"tells of no device: {excerpt(replies[0].data, 48)}"
    return (_outcome(port, Status.OTHER_PROTOCOL, replies[0], detail),)


def _devices(port: int, replies: Iterable[Datagram]) -> tuple[ProbeOutcome, ...]:
    devices: dict[str, ProbeOutcome] = {}
    for reply in replies:
        fields, whole = parse(reply.data)
        if not fields:
            continue
        key = str(fields.get("dhip.mac") or fields.get("dhip.serial") or "")
        known = devices.get(key)
        if known is not None and (known.status is Status.SUCCESS or not whole):
            continue  # a device answers each search, and once more for each of its interfaces
        outcome = _outcome(port, Status.SUCCESS if whole else Status.TRUNCATED, reply)
        mac = normalise_mac(str(fields.get("dhip.mac", "")))
        detail = "" if whole else "the JSON is cut or broken"
        devices[key] = msgspec.structs.replace(outcome, fields=fields, mac=mac, detail=detail)
    return tuple(devices.values())


def _document(text: str) -> dict[str, object] | None:
    """The JSON object that ``text`` begins with, whatever follows it; None where it is broken or too deep."""
    if _depth(text) > _MAX_DEPTH:
        return None
    decoder = json.JSONDecoder(
        strict=False,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=str,
        object_pairs_hook=_first_of_each,
    )
    try:
        document, _ = decoder.raw_decode(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _depth(text: str) -> int:
    """How deep the first object of ``text`` is nested, strings left out."""
    depth = deepest = 0
    for found in _STRUCTURE.finditer(text):
        if found[0] in ("{", "["):
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in ("}", "]"):
            depth -= 1
            if depth <= 0:
                break
    return deepest


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MAX_DIGITS else digits


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _first_of_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a key given twice the first counts, as in firmware that searches the text from its start."""
    first: dict[str, object] = {}
    for name, value in pairs:
        first.setdefault(name, value)
    return first


def _members(text: str) -> dict[str, object]:
    """Names and plain values in text that is not JSON as a whole."""
    pairs: list[tuple[str, object]] = [
        (member[1], member[2] if member[2] is not None else int(member[3])) for member in _MEMBER.finditer(text)
    ]
    return _first_of_each(pairs)


def _fields_of(info: dict[str, object]) -> dict[str, FieldValue]:
    found: dict[str, object] = {}
    for name, value in info.items():
        key = name.lower()
        if not isinstance(value, (str, int)) or isinstance(value, bool) or value == "":
            continue
        if key in _FIELDS:
            found.setdefault(_FIELDS[key], value)
        elif key == "mac":
            found.setdefault("dhip.mac", value)
        elif key == "init" and str(value).isdecimal() and int(str(value)[-9:]) & 3 == _INITIALISED:
            found["dhip.activated"] = "true"
    if not found.keys() & {"dhip.device_type", "dhip.device_class", "dhip.serial", "dhip.vendor"}:
        return {}
    return bounded_fields(found)


def _outcome(port: int, status: Status, reply: Datagram | None = None, detail: str = "") -> ProbeOutcome:
    return ProbeOutcome(
        probe="dhip",
        status=status,
        service="dhip" if status.useful else None,
        port=port,
        transport="udp",
        source_ip=reply.source_ip if reply else None,
        detail=detail,
        bytes_read=len(reply.data) if reply else 0,
    )
