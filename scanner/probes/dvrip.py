"""DVRIP search: the older discovery of the Dahua platform, as firmware of 2008 to 2016 and some later answers it.

Port: 5050/udp, unicast. Sent, once, 32 bytes: ``a3 01 00 01``, twelve zeros, 02, fifteen zeros. Never sent: the
requests of the control port (37777), whatever their first byte.
The reply begins with b3 and has 120 bytes of numbers, then MAC address and model as text, then lines ``Name:``,
``Device:``, ``SerialNo:``. Its lengths are taken only as far as the datagram goes.
Sources: UniversalScanner; DahuaConsole; python-dvr.
"""

from __future__ import annotations

import re
import struct

from fingerprints.observation import bounded_fields
from scanner.character_sets import decode
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.wire import Network

PROBE = ProbeDescription(name="dvrip", ports=(5050,), transport="udp", connections=0, packets=1)

REQUEST = bytes.fromhex("a3010001") + bytes(12) + b"\x02" + bytes(15)

_FIXED_BYTES = 120
_MAC_CHARS = 17
_LINE = re.compile(r"^(Name|Device|SerialNo):([^\r\n]{1,128})", re.MULTILINE)


def parse(data: bytes) -> Told | None:
    """The ``dhip.*`` fields of a reply; None where it is none. Total."""
    if len(data) < _FIXED_BYTES + _MAC_CHARS or data[0] != 0xB3:
        return None
    second = data[_FIXED_BYTES : _FIXED_BYTES + data[2]]
    mac = normalise_mac(second[:_MAC_CHARS].decode("ascii", "replace"))
    if mac is None:
        return None
    http_port, _, tcp_port = struct.unpack("<3H", data[94:100])
    rest = data[_FIXED_BYTES + len(second) :]
    lines = dict(_LINE.findall(_text(rest)))
    found = {
        "dhip.mac": mac,
        "dhip.device_type": _text(second[_MAC_CHARS:]) or lines.get("Device"),
        "dhip.serial": lines.get("SerialNo"),
        "dhip.machine_name": _text(data[40:56].partition(b"\0")[0]) or lines.get("Name"),
        "dhip.http_port": http_port or None,
        "dhip.port": tcp_port or None,
    }
    (third,) = struct.unpack("<H", data[20:22])
    return Told(bounded_fields(found), mac, whole=len(rest) >= third)


async def ask(network: Network, ip: str, port: int = 5050, *, wait: float = 2.0) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``."""
    return await ask_devices(network, ip, port, PROBE, Question((REQUEST,), wait), parse)


def _text(data: bytes) -> str:
    return decode(data, otherwise="gb18030").strip("\0\r\n\t ")
