"""Hikvision's control port: connect, wait for what the device says by itself, close.

Port: 8000. Sent: nothing, ever: any message there begins a login. After some seconds of silence on the other
side the device sends 16 bytes, big endian: length 16, a check sum, a return code (30: no user, 13: not
supported, 32: no resources), zero. Silence says nothing: many other services use the port.
Sources: the vendor's protocol header as published with ipcDeviceVc; nmap-service-probes lines 1821 and 14039.
"""

from __future__ import annotations

import struct

from fingerprints.observation import FieldValue, bounded_fields
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.wire import ConversationFailed, Network

PROBE = ProbeDescription(name="hik-sdk", ports=(8000,), transport="tcp", connections=1, packets=1)

_ANSWER_BYTES = 16
_MAX_TEXT_BYTES = 512


async def ask(network: Network, ip: str, port: int) -> tuple[ProbeOutcome, ...]:
    """What the port says on its own, at most 16 bytes of the control protocol or the start of another banner."""
    data = b""
    status, detail = Status.SUCCESS, ""
    try:
        async with network.connect(ip, port) as stream:
            while len(data) < _ANSWER_BYTES:
                piece = await stream.receive(_MAX_TEXT_BYTES)
                if not piece:
                    break
                data += piece
    except ConversationFailed as failure:
        status, detail = failure.status, failure.detail
    fields = parse(data)
    if "private.hik8000" in fields:
        status, detail, service = Status.SUCCESS, "", "hik-sdk"
    else:
        status, service = (
            (Status.OTHER_PROTOCOL if data else Status.CLOSED if status is Status.SUCCESS else status),
            None,
        )
    return (
        ProbeOutcome(
            probe="hik-sdk",
            status=status,
            service=service,
            port=port,
            fields=fields,
            detail=detail,
            bytes_read=len(data),
        ),
    )


def parse(data: bytes) -> dict[str, FieldValue]:
    """``private.hik8000`` (hex) where the bytes are an answer of the control protocol, else ``banner.raw``."""
    if not data:
        return {}
    if len(data) >= _ANSWER_BYTES:
        length, check, code, reserved = struct.unpack(">4I", data[:_ANSWER_BYTES])
        if length == _ANSWER_BYTES and check == code and code < 256 and reserved == 0:
            return bounded_fields({"private.hik8000": data[:_ANSWER_BYTES].hex()})
    return bounded_fields({"banner.raw": data[:_MAX_TEXT_BYTES]})
