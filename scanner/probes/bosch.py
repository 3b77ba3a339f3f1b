"""Bosch's search (RCP+ network scan): names and hardware address in one datagram.

Port: 1757/udp, unicast; the answer goes to port 1758 of the asker, whatever port it asked from. Sent, once, 12
bytes big endian: ``99 39 a4 27``, four bytes of our own, ``ff 00 06 de``. Never sent: anything to TCP 1756, where
RCP+ itself is spoken.
One of two answers comes: 32 bytes with the hardware address and the IPv4 settings, or XML of the namespace
``OEMExt00:device-1-0``.
Sources: UniversalScanner (captured packets). That a unicast search is answered is likely, not measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from fingerprints.observation import bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.wire import Network
from scanner.xml_text import decode_xml, first_texts

PROBE = ProbeDescription(name="bosch", ports=(1757,), transport="udp", connections=0, packets=1)

_MAGIC = bytes.fromhex("9939a427")
_SEARCH = bytes.fromhex("ff0006de")
_BINARY_BYTES = 32
_NAMESPACE = "OEMExt00:device-1-0"


def request(token: bytes) -> bytes:
    """One search; ``token`` are the four bytes that come back."""
    if len(token) != 4:
        raise ValueError("four bytes")
    return _MAGIC + token + _SEARCH


def parse(data: bytes, token: bytes) -> Told | None:
    """The XML of a reply as ``banner.raw`` and the MAC address of either form; None for anything else. Total."""
    if data[:8] == _MAGIC + token and len(data) == _BINARY_BYTES:
        mac = normalise_mac(data[8:14].hex())
        return Told({}, mac) if mac else None
    text = decode_xml(data).lstrip("\0\r\n ")
    if not text.startswith("<") or _NAMESPACE not in text[:1_024]:
        return None
    mac = normalise_mac(first_texts(text).get("physaddress"))
    return Told(bounded_fields({"banner.raw": text}), mac, whole="</root>" in text)


def _new_token() -> bytes:
    return secrets.token_bytes(4)


async def ask(
    network: Network,
    ip: str,
    port: int = 1757,
    *,
    wait: float = 2.0,
    new_token: Callable[[], bytes] = _new_token,
) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``; the XML form completes the binary one."""
    token = new_token()
    question = Question((request(token),), wait, local_port=1758)
    return await ask_devices(network, ip, port, PROBE, question, lambda data: parse(data, token))
