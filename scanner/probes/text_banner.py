"""FTP, Telnet and SSH: the greeting that the server sends by itself.

Ports: 21, 22, 23, 2323, only where the user lists them. Sent: nothing, ever; the connection is closed once the
greeting is there. So no Telnet option is negotiated, no name is given, and SSH's own version is not exchanged.
What was said tells the protocol, whatever the port: ``SSH-``, a three-digit code (FTP, or SMTP where it says so),
Telnet's commands, or a login prompt on a Telnet port.
Sources: RFC 959 section 4.2, RFC 854, RFC 4253 section 4.2; greetings as listed in the nmap service probes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fingerprints.observation import FieldValue, bounded_fields
from scanner.character_sets import decode
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.reading import MAX_BANNER_BYTES, read
from scanner.wire import ConversationFailed, Network

PROBE = ProbeDescription(name="text-banner", ports=(21, 22, 23, 2323), transport="tcp", connections=1, packets=1)

MAX_BYTES = 2_048
_TELNET_PORTS = (23, 2323)
_IAC, _SB, _SE = 0xFF, 0xFA, 0xF0
_REPLY_CODE = re.compile(rb"[1-5][0-9]{2}[ -]")
_LAST_REPLY_LINE = re.compile(rb"^[1-5][0-9]{2} [^\n]*\n", re.MULTILINE)
_SSH_VERSION = re.compile(rb"^(SSH-[0-9][^\r\n]*)\r?\n", re.MULTILINE)
_PROMPT = re.compile(rb"[:#>$?]\s*\Z")


class Greeting(NamedTuple):
    """What a server said: the service that it is, as far as that shows, and the fields."""

    service: str | None
    fields: dict[str, FieldValue]


def parse(data: bytes, port: int) -> Greeting:
    """The greeting as a field of its own protocol, else as ``banner.raw``. Total."""
    data = data[:MAX_BYTES]
    version = _SSH_VERSION.search(data) or re.match(rb"(SSH-[0-9][^\r\n]*)", data)
    if version:
        return Greeting("ssh", bounded_fields({"ssh.banner": version[1]}))
    if _REPLY_CODE.match(data):
        service = "smtp" if re.search(rb"\bE?SMTP\b", data) else "ftp"
        return Greeting(service, bounded_fields({f"{service}.banner": _text(data)}))
    plain, negotiates = without_commands(data)
    text = _text(plain)
    if negotiates or (port in _TELNET_PORTS and text):
        return Greeting("telnet", bounded_fields({"telnet.banner": text or None}))
    return Greeting(None, bounded_fields({"banner.raw": data[:MAX_BANNER_BYTES] or None}))


def without_commands(data: bytes) -> tuple[bytes, bool]:
    """``data`` without Telnet's commands, and whether there were any (RFC 854: IAC, a command, an option)."""
    kept = bytearray()
    seen = False
    at = 0
    while at < len(data):
        if data[at] != _IAC:
            kept.append(data[at])
            at += 1
            continue
        command = data[at + 1] if at + 1 < len(data) else None
        if command == _IAC:
            kept.append(_IAC)
            at += 2
            continue
        if command is not None and command < _SE:
            kept.append(_IAC)  # not Telnet: a byte like any other
            at += 1
            continue
        seen = True
        if command == _SB:
            end = data.find(bytes((_IAC, _SE)), at + 2)
            at = len(data) if end < 0 else end + 2
        else:
            at += 3 if command is not None and command > _SB else 2
    return bytes(kept), seen


def is_complete(data: bytes, port: int) -> bool:
    """Whether a greeting is all there, so that nothing more need be waited for."""
    if len(data) >= MAX_BYTES or _SSH_VERSION.search(data):
        return True
    if _REPLY_CODE.match(data):
        return _LAST_REPLY_LINE.search(data) is not None
    plain, negotiates = without_commands(data)
    return (negotiates or port in _TELNET_PORTS) and _PROMPT.search(plain) is not None


async def ask(network: Network, ip: str, port: int) -> tuple[ProbeOutcome, ...]:
    """What the port says on its own, at most ``MAX_BYTES`` of it."""
    data = bytearray()

    def feed(piece: bytes) -> bool:
        data.extend(piece)
        return is_complete(bytes(data), port)

    try:
        async with network.connect(ip, port) as stream:
            ending = await read(stream, feed)
    except ConversationFailed as failure:
        return (ProbeOutcome(probe=PROBE.name, status=failure.status, port=port, detail=failure.detail),)
    greeting = parse(bytes(data), port)
    if greeting.service is not None:
        status, detail = Status.SUCCESS, "" if greeting.fields else "options of Telnet, and no text"
    elif data:
        status, detail = Status.OTHER_PROTOCOL, "another kind of greeting"
    else:
        status, detail = ending.status, ending.detail
    return (
        ProbeOutcome(
            probe=PROBE.name,
            status=status,
            service=greeting.service,
            port=port,
            fields=greeting.fields,
            detail=detail,
            bytes_read=len(data),
        ),
    )


def _text(data: bytes) -> str:
    return decode(data).replace("\0", "").strip()
