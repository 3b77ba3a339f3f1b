"""WS-Discovery: what an ONVIF device says of itself in one datagram.

Port: 3702/udp, unicast. Sent: three SOAP 1.2 probes on one line each, with a new MessageID each: for
``dn:NetworkVideoTransmitter``, for ``tds:Device``, and without Types (recorders, displays, and firmware that
matches types wrongly). One line, because Hikvision ignores a unicast probe with line breaks; no empty Scopes,
because some take it as "matches nothing". Never sent: anything else.
Replies come from any source port, with several matches in one datagram, with a ProbeMatch directly under Body,
and with addresses that are not the sender's (NAT, factory defaults): these are kept as text.
Sources: WS-Discovery (2005/04), ONVIF Core Specification; servers tried by hand.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from urllib.parse import unquote

import msgspec

from fingerprints.observation import FieldValue, bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome, Status
from scanner.probes.description import ProbeDescription
from scanner.probes.reading import excerpt
from scanner.wire import ConversationFailed, Datagram, Network
from scanner.xml_text import Tag, decode_xml, first_texts_of, tags

PROBE = ProbeDescription(name="ws-discovery", ports=(3702,), transport="udp", connections=0, packets=3)

_TYPES = (
    '<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>',
    '<d:Types xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device</d:Types>',
    "",
)
_MATCHES = ("probematch", "hello", "resolvematch")
_MAX_DEVICES = 32
_MAX_SCOPES = 128
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:")
_MAC_SCOPE = re.compile(r"/mac(?:address)?/([^/]{12,32})$", re.IGNORECASE)


def request(message_id: str, types: str = _TYPES[0]) -> bytes:
    """One probe; ``message_id`` is a UUID in its usual form."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<e:Header><w:MessageID>urn:uuid:{message_id}</w:MessageID>"
        "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
        f"<e:Body><d:Probe>{types}</d:Probe></e:Body></e:Envelope>"
    ).encode("ascii")


def requests(new_uuid: Callable[[], object] = uuid.uuid4) -> tuple[bytes, ...]:
    """The three probes, each with its own MessageID."""
    return tuple(request(str(new_uuid()), types) for types in _TYPES)


def parse(data: bytes) -> tuple[dict[str, FieldValue], ...]:
    """The ``onvif.*`` fields of each match in one datagram; empty where there is none. Total."""
    groups: list[list[Tag]] = []
    inside = False
    for tag in tags(decode_xml(data)):
        if tag.name.lower() in _MATCHES:
            inside = not tag.closing
            if inside:
                groups.append([])
        elif inside:
            groups[-1].append(tag)
    matches = (_match_fields(group) for group in groups[:_MAX_DEVICES])
    return tuple(match for match in matches if match)


def split_scopes(text: str) -> tuple[str, ...]:
    """Scope URIs apart; a word that begins with no scheme belongs to the scope before (unescaped blanks)."""
    scopes: list[str] = []
    for word in text.split():
        if _URI.match(word) or not scopes:
            scopes.append(word)
        else:
            scopes[-1] += f" {word}"
    return tuple(scopes[:_MAX_SCOPES])


def mac_in_scopes(match: dict[str, FieldValue]) -> str | None:
    """The MAC address that a scope names, if one does."""
    for scope in match.get("onvif.scopes", ()):
        named = _MAC_SCOPE.search(unquote(scope))
        if named:
            return normalise_mac(named[1])
    return None


async def ask(
    network: Network,
    ip: str,
    port: int = 3702,
    *,
    wait: float = 3.5,
    new_uuid: Callable[[], object] = uuid.uuid4,
) -> tuple[ProbeOutcome, ...]:
    """One outcome for each device that answers on ``ip``, told apart by endpoint reference."""
    try:
        replies = await network.ask_udp(ip, port, requests(new_uuid), wait=wait)
    except ConversationFailed as failure:
        return (_outcome(port, failure.status, detail=failure.detail),)
    if not replies:
        return (_outcome(port, Status.TIMED_OUT, detail="no reply"),)
    found = _devices(port, replies)
    if found:
        return found
    return (_without_match(port, replies[0]),)


def _devices(port: int, replies: Iterable[Datagram]) -> tuple[ProbeOutcome, ...]:
    devices: dict[str, ProbeOutcome] = {}
    for reply in replies:
        for match in parse(reply.data):
            key = str(match.get("onvif.endpoint") or match.get("onvif.xaddrs") or match)
            known = devices.get(key)
            if known is not None:
                devices[key] = msgspec.structs.replace(known, fields=_merged(known.fields, match))
            elif len(devices) < _MAX_DEVICES:
                raw = bounded_fields({"banner.raw": decode_xml(reply.data)})
                devices[key] = msgspec.structs.replace(
                    _outcome(port, Status.SUCCESS, reply), fields=raw | match, mac=mac_in_scopes(match)
                )
    return tuple(devices.values())


def _match_fields(group: list[Tag]) -> dict[str, FieldValue]:
    texts = first_texts_of(group)
    return bounded_fields(
        {
            "onvif.scopes": split_scopes(texts.get("scopes", "")) or None,
            "onvif.types": " ".join(texts.get("types", "").split()) or None,
            "onvif.xaddrs": " ".join(texts.get("xaddrs", "").split()) or None,
            "onvif.endpoint": texts.get("address") or None,
        }
    )


def _merged(known: dict[str, FieldValue], more: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """What several replies of one device say together; of a text, the first."""
    scopes = (*known.get("onvif.scopes", ()), *more.get("onvif.scopes", ()))
    merged: dict[str, object] = {**more, **known, "onvif.scopes": tuple(dict.fromkeys(scopes)) or None}
    return bounded_fields(merged)


def _without_match(port: int, reply: Datagram) -> ProbeOutcome:
    names = {tag.name.lower() for tag in tags(decode_xml(reply.data))}
    if "fault" in names and "envelope" in names:
        outcome = _outcome(port, Status.SUCCESS, reply, "a SOAP fault instead of a match")
        return msgspec.structs.replace(outcome, fields=bounded_fields({"banner.raw": decode_xml(reply.data)}))
    what = "our own probe came back" if "probe" in names else excerpt(reply.data)
    return _outcome(port, Status.OTHER_PROTOCOL, reply, f"no match in the reply: {what}")


def _outcome(port: int, status: Status, reply: Datagram | None = None, detail: str = "") -> ProbeOutcome:
    return ProbeOutcome(
        probe="ws-discovery",
        status=status,
        service="ws-discovery" if status.useful else None,
        port=port,
        transport="udp",
        source_ip=reply.source_ip if reply else None,
        detail=detail,
        bytes_read=len(reply.data) if reply else 0,
    )
