"""Vivotek's search: model, firmware and hardware address in one datagram.

Port: 10000/udp, unicast. Sent, once: 01 and four bytes of our own, which the reply repeats. Never sent: another
first byte.
The reply is 02, the four bytes, then fields of type, length, value; type 04 is one byte without a length. Unknown
types are passed over by their length.
Sources: UniversalScanner; wue-iot-note (captured replies of an IB9360-H, 2026).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from fingerprints.observation import bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, ask_devices
from scanner.probes.description import ProbeDescription
from scanner.wire import Network

PROBE = ProbeDescription(name="vivotek", ports=(10000,), transport="udp", connections=0, packets=1)

_LONG_NAME, _MAC, _WITHOUT_LENGTH, _MODEL = 1, 2, 4, 9


def request(token: bytes) -> bytes:
    """One search; ``token`` are the four bytes that come back."""
    if len(token) != 4:
        raise ValueError("four bytes")
    return b"\x01" + token


def parse(data: bytes, token: bytes) -> Told | None:
    """Model and firmware as ``cgi.*`` with the raw reply; None where it is no reply to ``token``. Total."""
    if data[:5] != b"\x02" + token:
        return None
    found = dict(reversed(list(_values(data[5:]))))  # of a type given twice the first counts
    mac = normalise_mac(found.get(_MAC, b"").hex())
    if mac is None and _LONG_NAME not in found:
        return None
    fields = {
        "banner.raw": data,
        "cgi.device_type": found.get(_MODEL) or None,
        "cgi.version": found.get(_LONG_NAME) or None,
    }
    return Told(bounded_fields(fields), mac)


def _new_token() -> bytes:
    return secrets.token_bytes(4)


async def ask(
    network: Network,
    ip: str,
    port: int = 10000,
    *,
    wait: float = 2.0,
    new_token: Callable[[], bytes] = _new_token,
) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``."""
    token = new_token()
    question = Question((request(token),), wait)
    return await ask_devices(network, ip, port, PROBE, question, lambda data: parse(data, token))


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data):
        kind = data[at]
        if kind == _WITHOUT_LENGTH:
            at += 2
            continue
        end = at + 2 + data[at + 1]
        if end > len(data):
            return
        yield kind, data[at + 2 : end]
        at = end
