"""ONVIF device service: who made a device, in its own words, as far as it tells without a login.

Ports: 80 and wherever an announced XAddr or a web page is. Sent, one POST a connection, in this order:
GetSystemDateAndTime where it is not known yet that ONVIF is spoken (the specification frees it from login),
GetDeviceInformation, and GetScopes where the scopes are not known from WS-Discovery ::

    POST /onvif/device_service HTTP/1.1
    Content-Type: application/soap+xml; charset=utf-8; action="http://www.onvif.org/ver10/device/wsdl/…"

    <?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
    xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetDeviceInformation/></s:Body></s:Envelope>

(the envelope on one line). One try each; a refusal, a fault or any trouble ends it. Never sent: credentials, a
UsernameToken, an operation that changes something.
A challenge that comes with a refusal is kept: its realm and the form of its nonce are the maker's own. Replies
are read by local names, and count only where the response element fits the request.
Sources: ONVIF Core Specification (access classes); captures of Bosch, Dahua and Lorex devices; servers tried.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import NamedTuple

from fingerprints.observation import FieldValue, bounded_fields
from scanner.outcome import ProbeOutcome, Status
from scanner.probes import http_message, tls
from scanner.probes.description import ProbeDescription
from scanner.probes.header_block import realm_of
from scanner.probes.http import USER_AGENT
from scanner.probes.http_framing import ResponseReader
from scanner.probes.http_message import HttpMessage
from scanner.probes.http_targets import Hop, host_header
from scanner.probes.reading import excerpt, read
from scanner.probes.ws_discovery import mac_in_scopes, split_scopes
from scanner.wire import ConversationFailed, Network
from scanner.xml_text import Tag, decode_xml, first_texts_of, tags

PROBE = ProbeDescription(name="onvif-device", ports=(80,), transport="tcp", connections=3, packets=3)

DEVICE_SERVICE = "/onvif/device_service"

_NAMESPACE = "http://www.onvif.org/ver10/device/wsdl"
_FIELDS = {
    "manufacturer": "onvif.manufacturer",
    "model": "onvif.model",
    "firmwareversion": "onvif.firmware",
    "serialnumber": "onvif.serial",
    "hardwareid": "onvif.hardware",
}
_MAX_XML_BYTES = 65_536


class Answer(NamedTuple):
    """What came of one operation: whether ONVIF was spoken, whether it was answered, and the fields read."""

    spoken: bool
    answered: bool
    fields: dict[str, FieldValue]
    detail: str = ""


def request(ip: str, hop: Hop, operation: str) -> bytes:
    """The POST of one operation without arguments."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        f' xmlns:tds="{_NAMESPACE}"><s:Body><tds:{operation}/></s:Body></s:Envelope>'
    )
    return (
        f"POST {hop.path} HTTP/1.1\r\nHost: {host_header(ip, hop)}\r\nUser-Agent: {USER_AGENT}\r\n"
        f'Content-Type: application/soap+xml; charset=utf-8; action="{_NAMESPACE}/{operation}"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode("ascii")


def parse(message: HttpMessage, operation: str) -> Answer:
    """What a reply to ``operation`` says. Total."""
    found = list(tags(decode_xml(message.body[:_MAX_XML_BYTES])))
    names = {tag.name.lower() for tag in found}
    challenges = message.head.every("www-authenticate") if message.head is not None else ()
    if f"{operation.lower()}response" in names:
        return Answer(True, True, _fields_of(found, operation))
    spoken = "envelope" in names
    why = "a SOAP fault" if "fault" in names else "another reply" if spoken else "no ONVIF"
    refused = bounded_fields({"http.auth": challenges or None, "http.auth_realm": realm_of(challenges)})
    if not any(challenges):
        refused = {}  # the header may be there and empty
    return Answer(spoken, False, refused, f"{why}, HTTP {message.status}")


async def ask(
    network: Network,
    ip: str,
    port: int,
    path: str = DEVICE_SERVICE,
    *,
    over_tls: bool = False,
    announced: bool = False,
    scopes_known: bool = False,
) -> tuple[ProbeOutcome, ...]:
    """One outcome of all operations; ``announced``: the device itself named this as its ONVIF address."""
    hop = Hop(port, over_tls, path)
    status, detail, bytes_read = Status.SUCCESS, "", 0
    spoken = False
    found: dict[str, FieldValue] = {}
    for operation in _operations(announced, scopes_known):
        try:
            message, size = await _call(network, ip, hop, operation)
        except ConversationFailed as failure:
            status, detail = failure.status, failure.detail
            break
        bytes_read += size
        answer = parse(message, operation)
        spoken = spoken or answer.spoken or (announced and bool(answer.fields))
        found |= answer.fields
        if not answer.answered:
            found |= bounded_fields({"http.status": message.status, "http.path": path}) if answer.fields else {}
            status = Status.SUCCESS if spoken else Status.OTHER_PROTOCOL
            detail = f"{operation}: {answer.detail}"
            break
    if spoken and found and not status.useful:
        status = Status.TRUNCATED  # the first operations told something before the last one failed
    return (
        ProbeOutcome(
            probe=PROBE.name,
            status=status,
            service="onvif" if spoken else hop.scheme if found else None,
            port=port,
            fields=found,
            mac=mac_in_scopes(found),
            detail=detail,
            bytes_read=bytes_read,
        ),
    )


def _operations(announced: bool, scopes_known: bool) -> Iterator[str]:
    if not announced:
        yield "GetSystemDateAndTime"
    yield "GetDeviceInformation"
    if not scopes_known:
        yield "GetScopes"


async def _call(network: Network, ip: str, hop: Hop, operation: str) -> tuple[HttpMessage, int]:
    """The reply to one operation as far as it came, and its bytes; raises ``ConversationFailed``."""
    context: ssl.SSLContext | None = tls.permissive_context() if hop.tls else None
    reader = ResponseReader()
    async with network.connect(ip, hop.port, tls=context) as stream:
        await stream.send(request(ip, hop, operation))
        ending = await read(stream, reader.feed)
    data = reader.data
    if not data and ending.status is not Status.SUCCESS:
        raise ConversationFailed(ending.status, ending.detail)
    message = http_message.parse(data)
    if message is None:
        raise ConversationFailed(Status.OTHER_PROTOCOL, f"not HTTP: {excerpt(data)}")
    return message, len(data)


def _fields_of(found: list[Tag], operation: str) -> dict[str, FieldValue]:
    if operation == "GetDeviceInformation":
        texts = first_texts_of(found)
        return bounded_fields({field: texts[name] for name, field in _FIELDS.items() if texts.get(name)})
    if operation == "GetScopes":
        items = " ".join(tag.text for tag in found if tag.name.lower() == "scopeitem" and not tag.closing)
        return bounded_fields({"onvif.scopes": split_scopes(items) or None})
    return {}
