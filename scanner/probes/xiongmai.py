"""Xiongmai's (Sofia, XMeye) search: a device of this firmware gives its network settings in one datagram.

Port: 34569/udp, unicast, from 34569 where that is free, because some firmware answers to the fixed port or to
the group. Sent, once: a header of 20 bytes and no body, message 1530 (little endian) ::

    ff 00 00 00 00 00 00 00 00 00 00 00 00 00 fa 05 00 00 00 00

Never sent: message 1532 (sets the network), 1000 (login), or anything to TCP 34567 and to the console on 9527.
The reply is message 1531 with the JSON of ``NetWork.NetCommon``, which ends in a line feed and NUL.
Sources: go2rtc ``internal/dvrip``; OpenIPC/python-dvr. That a unicast search is answered is likely, not measured.
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

PROBE = ProbeDescription(name="xiongmai", ports=(34569,), transport="udp", connections=0, packets=1)

GROUP = "239.255.255.250"
REQUEST = bytes.fromhex("ff00000000000000000000000000fa0500000000")

_HEADER_BYTES = 20
_REPLY = 1531
_SETTINGS = re.compile(r'"NetWork\.NetCommon"\s{0,8}:\s{0,8}\{')
_MAC = re.compile(r'"MAC"\s{0,8}:\s{0,8}"([^"]{12,20})"')


def parse(data: bytes) -> Told | None:
    """The JSON of a reply as ``banner.raw``, its header as ``private.xm34567``, the MAC address. Total."""
    if len(data) < _HEADER_BYTES or data[0] != 0xFF:
        return None
    kind, length = struct.unpack("<HI", data[14:20])
    text = decode(data[_HEADER_BYTES:], otherwise="gb18030").rstrip("\0\r\n ")
    if kind != _REPLY or not _SETTINGS.search(text):
        return None
    mac = _MAC.search(text)
    fields = bounded_fields({"banner.raw": text, "private.xm34567": data[:_HEADER_BYTES].hex()})
    return Told(fields, normalise_mac(mac[1]) if mac else None, whole=len(data) >= _HEADER_BYTES + length)


async def ask(network: Network, ip: str, port: int = 34569, *, wait: float = 2.0) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``."""
    question = Question((REQUEST,), wait, local_port=34569, group=GROUP)
    return await ask_devices(network, ip, port, PROBE, question, parse)
