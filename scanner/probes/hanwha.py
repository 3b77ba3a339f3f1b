"""Hanwha's (Samsung, Wisenet) search: model and hardware address in one datagram.

Port: 7701/udp, unicast; the answer goes to port 7711 of the asker, whatever port it asked from. Sent, once: 262
bytes, the first 01, all others 00. Never sent: another first byte: the same port takes configuration.
The answer begins with 0b and has texts at fixed places, padded with NUL.
Sources: UniversalScanner (captured packets). That a unicast search is answered is likely, not measured.
"""

from __future__ import annotations

import re

from fingerprints.observation import bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.wire import Network

PROBE = ProbeDescription(name="hanwha", ports=(7701,), transport="udp", connections=0, packets=1)

REQUEST = b"\x01" + bytes(261)

_MIN_BYTES = 0x85
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()/+_.-]{2,23}")


def parse(data: bytes) -> Told | None:
    """The model as ``cgi.device_type`` and the MAC address of a reply; None where it is none. Total."""
    if len(data) < _MIN_BYTES or data[0] != 0x0B:
        return None
    mac = normalise_mac(_text(data, 0x13, 0x25))
    model = _text(data, 0x6D, 0x85)
    if mac is None:
        return None
    fields = bounded_fields({"cgi.device_type": model if _MODEL.fullmatch(model) else None})
    return Told(fields, mac)


async def ask(network: Network, ip: str, port: int = 7701, *, wait: float = 2.0) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``."""
    return await ask_devices(network, ip, port, PROBE, Question((REQUEST,), wait, local_port=7711), parse)


def _text(data: bytes, start: int, end: int) -> str:
    return data[start:end].partition(b"\0")[0].decode("ascii", "replace").strip()
