"""SADP: what a Hikvision device says of itself in one datagram.

Port: 37020/udp, unicast, from local port 37020 because most firmware replies there. Sent: one line of XML,
twice, with the same new Uuid::

    <?xml version="1.0" encoding="utf-8"?><Probe><Uuid>…</Uuid><Types>inquiry</Types></Probe>

and the same with ``inquiry_v32``, which newer firmware answers with more. Never sent: any other type. The
protocol has types that unlock, activate, reset or restart a device; this module cannot build them.
Replies: tags in any case and order, unescaped ``&``, booleans such as ``flase`` (a typo of real firmware),
descriptions in GBK, an address that is not the sender's. Some firmware answers by multicast only.
A reply that is not XML (encrypted messages of newer tools) is told by its length and first bytes.
Sources: captures in public client sources (hiktools, UniversalScanner and others), 2018 to 2024.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.wire import ConversationFailed, Datagram, Network
from scanner.xml_text import decode_xml, first_texts

PROBE = ProbeDescription(name="sadp", ports=(37020,), transport="udp", connections=0, packets=2)

_FIELDS = {
    "devicetype": "sadp.device_type",
    "devicedescription": "sadp.description",
    "devicesn": "sadp.serial",
    "softwareversion": "sadp.firmware",
    "dspversion": "sadp.dsp_version",
    "boottime": "sadp.boot_time",
    "mac": "sadp.mac",
    "ipv4address": "sadp.ipv4",
    "httpport": "sadp.http_port",
    "commandport": "sadp.sdk_port",
    "oeminfo": "sadp.oem",
}
GROUP = "239.255.255.250"
"""Where most firmware sends its reply, whoever asked."""

_BOOLEANS = {"true": "true", "false": "false", "flase": "false"}
_UUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_CHINESE = "gb18030"


class Inquiry(StrEnum):
    """The only two types that may ever be sent: both only ask."""

    PLAIN = "inquiry"
    V32 = "inquiry_v32"


def request(asked_as: str, inquiry: Inquiry) -> bytes:
    """One inquiry; ``asked_as`` is a UUID in upper case. Raises ``ValueError`` for anything else."""
    if not _UUID.fullmatch(asked_as):
        raise ValueError("a SADP Uuid is written in upper case with hyphens")
    kind = Inquiry(inquiry)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{asked_as}</Uuid><Types>{kind.value}</Types></Probe>'
    ).encode("ascii")


def parse(data: bytes) -> dict[str, FieldValue]:
    """The ``sadp.*`` fields and the whole text of a reply; empty where it tells of no device. Total."""
    text = decode_xml(data, otherwise=_CHINESE)
    texts = first_texts(text)
    found: dict[str, object] = {field: texts[tag] for tag, field in _FIELDS.items() if texts.get(tag)}
    found["sadp.activated"] = _BOOLEANS.get(texts.get("activated", "").lower())
    found["sadp.locked"] = _BOOLEANS.get(texts.get("devicelock", "").lower())
    fields = bounded_fields(found)
    # One field is enough for a device, but not what other protocols call likewise.
    if not fields.keys() & {"sadp.serial", "sadp.description", "sadp.device_type", "sadp.dsp_version"}:
        return {}
    return bounded_fields({"banner.raw": text}) | fields


async def ask(
    network: Network,
    ip: str,
    port: int = 37020,
    *,
    wait: float = 3.0,
    new_uuid: Callable[[], object] = uuid.uuid4,
) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``, told apart by MAC address or serial."""
    asked_as = str(new_uuid()).upper()
    payloads = [request(asked_as, inquiry) for inquiry in Inquiry]
    try:
        replies = await network.ask_udp(ip, port, payloads, wait=wait, local_port=37020, group=GROUP)
    except ConversationFailed as failure:
        return (_outcome(port, failure.status, detail=failure.detail),)
    if not replies:
        return (_outcome(port, Status.TIMED_OUT, detail="no reply"),)
    devices = _devices(port, replies)
    if devices:
        return devices
    return (_outcome(port, Status.OTHER_PROTOCOL, replies[0], _what_else(replies[0].data)),)


def _devices(port: int, replies: Iterable[Datagram]) -> tuple[ProbeOutcome, ...]:
    """The devices in the replies; the two inquiries of one device complete each other."""
    devices: dict[str, ProbeOutcome] = {}
    for reply in replies:
        fields = parse(reply.data)
        if not fields:
            continue
        key = str(fields.get("sadp.mac") or fields.get("sadp.serial") or "")
        known = devices.get(key)
        if known is None:
            outcome = _outcome(port, Status.SUCCESS, reply)
            mac = normalise_mac(str(fields.get("sadp.mac", "")))
            devices[key] = msgspec.structs.replace(outcome, fields=fields, mac=mac)
        else:
            fuller, other = sorted((known.fields, fields), key=lambda one: -len(one["banner.raw"]))
            devices[key] = msgspec.structs.replace(known, fields={**other, **fuller})
    return tuple(devices.values())


def _what_else(data: bytes) -> str:
    text = decode_xml(data, otherwise=_CHINESE).lstrip()
    if not text.startswith("<"):
        return f"{len(data)} bytes that are not XML: {data[:32].hex()}"
    if "probe" in first_texts(text):
        return "our own inquiry came back"
    return "XML that tells of no device"


def _outcome(port: int, status: Status, reply: Datagram | None = None, detail: str = "") -> ProbeOutcome:
    return ProbeOutcome(
        probe="sadp",
        status=status,
        service="sadp" if status.useful else None,
        port=port,
        transport="udp",
        source_ip=reply.source_ip if reply else None,
        detail=detail,
        bytes_read=len(reply.data) if reply else 0,
    )
