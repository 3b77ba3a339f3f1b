"""UPnP: the device description, one XML document that a device publishes for everybody.

Ports: whatever LOCATION of the device's SSDP answer says (``announced.description_hop`` decides what may be
fetched), or a web port for Hikvision, whose own web server publishes ``/upnpdevicedesc.xml``. Sent: one GET with
the headers of ``http``; at most 64 kB are read. Never sent: a second request, what a redirect points to,
SUBSCRIBE, SOAP actions. Fetching the description on 49152 has crashed recorders of TVT's firmware.
Only the root device counts, not the devices that are nested in it.
Sources: UPnP Device Architecture 1.1, section 2.3; kaetemi/sdk_for_zr04rn (the crash); hikvision-tooling (the
path on the web port).
"""

from __future__ import annotations

from fingerprints.observation import FieldValue, bounded_fields
from scanner.outcome import ProbeOutcome, Status
from scanner.probes import http_message
from scanner.probes.description import ProbeDescription
from scanner.probes.http import request
from scanner.probes.http_framing import ResponseReader
from scanner.probes.http_targets import Hop
from scanner.probes.reading import Ending, excerpt, read
from scanner.wire import ConversationFailed, Network
from scanner.xml_text import Tag, decode_xml, first_texts_of, tags

PROBE = ProbeDescription(name="upnp-description", ports=(80,), transport="tcp", connections=1, packets=1)

HIKVISION_PATH = "/upnpdevicedesc.xml"
MAX_BYTES = 65_536

_FIELDS = {
    "manufacturer": "upnp.manufacturer",
    "modelname": "upnp.model_name",
    "modelnumber": "upnp.model_number",
    "modeldescription": "upnp.model_description",
    "friendlyname": "upnp.friendly_name",
    "serialnumber": "upnp.serial",
    "udn": "upnp.udn",
}


def parse(document: bytes) -> dict[str, FieldValue]:
    """The ``upnp.*`` fields of the root device; empty where the document describes none. Total."""
    root: list[Tag] = []
    inside = False
    for tag in tags(decode_xml(document[:MAX_BYTES])):
        name = tag.name.lower()
        if name == "devicelist":
            break
        if name == "device":
            inside = not tag.closing
        elif inside:
            root.append(tag)
    texts = first_texts_of(root)
    return bounded_fields({field: texts[name] for name, field in _FIELDS.items() if texts.get(name)})


async def ask(network: Network, ip: str, port: int, path: str = HIKVISION_PATH) -> tuple[ProbeOutcome, ...]:
    """The description at ``path`` of one port."""
    reader = ResponseReader()
    try:
        async with network.connect(ip, port) as stream:
            await stream.send(request(ip, Hop(port, False, path)))
            ending = await read(stream, lambda piece: reader.feed(piece) or len(reader.data) >= MAX_BYTES)
    except ConversationFailed as failure:
        return (ProbeOutcome(probe=PROBE.name, status=failure.status, port=port, detail=failure.detail),)
    return (_judge(reader.data, ending, port, path),)


def _judge(data: bytes, ending: Ending, port: int, path: str) -> ProbeOutcome:
    message = http_message.parse(data)
    found = parse(message.body) if message is not None and message.status in ("200", "0.9") else {}
    if message is None or not found:
        what = f"HTTP {message.status}" if message is not None else excerpt(data)
        status = Status.OTHER_PROTOCOL if data else ending.status
        detail = f"no device description: {what}" if data else ending.detail
        return ProbeOutcome(probe=PROBE.name, status=status, port=port, detail=detail, bytes_read=len(data))
    whole = message.whole and ending.status in (Status.SUCCESS, Status.CLOSED) and len(data) < MAX_BYTES
    return ProbeOutcome(
        probe=PROBE.name,
        status=Status.SUCCESS if whole else Status.TRUNCATED,
        service="upnp",
        port=port,
        fields=found | bounded_fields({"http.path": path}),
        detail="" if whole else "the description is cut",
        bytes_read=len(data),
    )
